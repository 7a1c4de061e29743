package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Inputs and expected numbers in one safetensors file. */
final class ParityCase {

    /** What a case holds beside expected numbers. */
    private static final Set<String> GIVEN =
            Set.of("input_ids", "attention_mask", "labels", "generate_prompt", "generate_margin");

    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    private ParityCase() {}

    static ParityCase read(Path file, NDManager owner) throws IOException {
        ParityCase parity = new ParityCase();
        SafeTensorsFile tensors = SafeTensorsFile.open(file);
        for (TensorInfo info : tensors.tensors()) {
            parity.tensors.put(info.name(), tensors.tensor(owner, info.name()));
        }
        for (String name : List.of("input_ids", "attention_mask")) {
            parity.get(name);
        }
        return parity;
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    NDArray get(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the case has no %s, only %s".formatted(name, tensors.keySet()));
        }
        return tensor;
    }

    /** Returns the names of the expected numbers. */
    List<String> expected() {
        return tensors.keySet().stream()
                .filter(name -> !GIVEN.contains(name) && !name.startsWith("init."))
                .sorted()
                .toList();
    }
}
