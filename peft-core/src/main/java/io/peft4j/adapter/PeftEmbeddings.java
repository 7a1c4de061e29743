package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.TensorFile;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The whole embeddings that PEFT saves beside an adapter that adapts them, which an adapter of the same base has not to hold. */
final class PeftEmbeddings {

    private static final String PREFIX = "base_model.model.";
    private static final String WRAPPED = ".base_layer.weight";

    private PeftEmbeddings() {}

    /** Removes those names, and notes a problem for each whose tensor is not that of the base model. */
    static void remove(Collection<String> names, TensorFile file, BaseModel base, List<String> problems)
            throws IOException {
        try (NDManager scratch = base.newManager()) {
            for (String name : List.copyOf(names)) {
                String weight = name.replaceFirst(PREFIX, "").replace(WRAPPED, ".weight");
                if (name.endsWith(WRAPPED) && base.weights().names().contains(weight)) {
                    names.remove(name);
                    NDArray saved = file.tensor(scratch, name);
                    if (!Arrays.equals(
                            NativeTensors.toFloats(saved),
                            NativeTensors.toFloats(base.weights().get(weight)))) {
                        problems.add("%s differs from the base model's %s: it is another base".formatted(name, weight));
                    }
                }
            }
        }
    }
}
