package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorInfo;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The factors of a {@link LoraBlock} in Hugging Face PEFT's file names, key grammar and shapes. */
final class LoraBlockFile {

    private static final String CONFIG = "adapter_config.json";
    private static final String TENSORS = "adapter_model.safetensors";
    private static final String PREFIX = "base_model.model.";

    private LoraBlockFile() {}

    /** Writes a folder, the tensors first. */
    static void write(Path folder, LoraConfig config, Collection<BlockLayer> layers) throws IOException {
        Files.createDirectories(folder);
        try (NDManager scratch = NDManager.newBaseManager("PyTorch")) {
            List<NamedTensor> tensors = new ArrayList<>();
            for (BlockLayer layer : layers) {
                for (boolean first : new boolean[] {true, false}) {
                    NDArray factor = layer.factor(first).getArray();
                    NDArray shaped = scratch.create(NativeTensors.toFloats(factor), shape(layer, first));
                    tensors.add(new NamedTensor(name(layer, first), DType.FLOAT32, shaped));
                }
            }
            SafeTensorsWriter.write(folder.resolve(TENSORS), tensors, Map.of("format", "pt"));
        }
        JsonObject settings = LoraFile.write(config).json();
        settings.addProperty("peft_type", LoraMethod.TYPE);
        AtomicFile.write(folder.resolve(CONFIG), PythonJson.format(settings));
    }

    static LoraConfig config(Path folder) throws IOException {
        Path file = folder.resolve(CONFIG);
        return LoraFile.read(new ConfigFields(PythonJson.read(file), file.toString()));
    }

    /**
     * Reads the factors of layers.
     *
     * @throws IllegalArgumentException listing every tensor that is missing, unexpected or of another shape
     */
    static void read(Path folder, Collection<BlockLayer> layers) throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(folder.resolve(TENSORS));
        List<String> problems = new ArrayList<>();
        TreeSet<String> names =
                new TreeSet<>(file.tensors().stream().map(TensorInfo::name).toList());
        for (BlockLayer layer : layers) {
            for (boolean first : new boolean[] {true, false}) {
                String name = name(layer, first);
                List<Long> shape =
                        Arrays.stream(shape(layer, first).getShape()).boxed().toList();
                if (!names.remove(name)) {
                    problems.add("missing " + name);
                } else if (!file.info(name).shape().equals(shape)) {
                    problems.add("%s must be %s: %s"
                            .formatted(name, shape, file.info(name).shape()));
                }
            }
        }
        names.forEach(name -> problems.add("unexpected " + name));
        Settings.check(problems.isEmpty(), "%s does not fit the network: %s", folder, String.join("; ", problems));
        try (NDManager scratch = NDManager.newBaseManager("PyTorch")) {
            for (BlockLayer layer : layers) {
                layer.setFactors(
                        NativeTensors.toFloats(file.tensor(scratch, name(layer, true))),
                        NativeTensors.toFloats(file.tensor(scratch, name(layer, false))));
            }
        }
    }

    private static String name(BlockLayer layer, boolean first) {
        String letter = first ? "A" : "B";
        return PREFIX
                + (layer.path().isEmpty() ? "" : layer.path() + ".")
                + (layer.kind() == BlockLayer.Kind.EMBEDDING
                        ? "lora_embedding_" + letter
                        : "lora_" + letter + ".weight");
    }

    /** A kernel belongs to A [r, channels, k…], and B is one of size 1 [out, r, 1…]. */
    private static Shape shape(BlockLayer layer, boolean first) {
        long rank = layer.rank();
        if (layer.kind() != BlockLayer.Kind.CONVOLUTION) {
            return first ? new Shape(rank, layer.in()) : new Shape(layer.out(), rank);
        }
        long[] shape = layer.weight().getArray().getShape().getShape().clone();
        if (first) {
            shape[0] = rank;
        } else {
            shape[1] = rank;
            Arrays.fill(shape, 2, shape.length, 1);
        }
        return new Shape(shape);
    }
}
