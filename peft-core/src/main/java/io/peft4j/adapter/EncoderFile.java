package io.peft4j.adapter;

import ai.djl.ndarray.NDManager;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The parameters of an encoder beside the file that has only what it computes.
 *
 * <p>Hugging Face PEFT does not read it, and does not keep the encoder itself: its files cannot be trained further.
 */
final class EncoderFile {

    /** Rounding differs between machines; anything beyond it means that the files do not belong together. */
    private static final double CLOSE = 1e-4;

    private EncoderFile() {}

    /** Writes the parameters that the folded adapter has not, or removes the file if there are none. */
    static void save(Path file, Adapter adapter, Adapter folded) throws IOException {
        List<NamedTensor> tensors = new ArrayList<>();
        for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
            for (String name : buffer.names()) {
                if (!folded.has(name)) {
                    tensors.add(new NamedTensor(name, DType.FLOAT32, buffer.get(name)));
                }
            }
        }
        if (tensors.isEmpty()) {
            Files.deleteIfExists(file);
        } else {
            SafeTensorsWriter.write(file, tensors, Map.of("format", "pt"));
        }
    }

    /**
     * Reads all parameters of an adapter from the file and from its folded form.
     *
     * @throws IllegalArgumentException if parameters are missing, or compute something else than the folded form has
     */
    static void load(Path file, Adapter adapter, Adapter folded, BaseModel base) throws IOException {
        SafeTensorsFile tensors = SafeTensorsFile.open(file);
        List<String> problems = new ArrayList<>();
        List<String> names = new ArrayList<>(
                tensors.tensors().stream().map(tensor -> tensor.name()).toList());
        try (NDManager scratch = base.newManager()) {
            for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
                buffer.slices().forEach((name, slice) -> {
                    boolean own = names.remove(name);
                    if (!own && !folded.has(name)) {
                        problems.add("missing " + name);
                    } else if (own) {
                        slice.misfit(tensors.info(name)).ifPresent(problems::add);
                    }
                });
            }
            names.forEach(name -> problems.add("unexpected " + name));
            if (!problems.isEmpty()) {
                throw new IllegalArgumentException(
                        "%s does not fit the settings: %s".formatted(file, String.join("; ", problems)));
            }
            for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
                for (String name : buffer.names()) {
                    NativeTensors.copy(
                            buffer.get(name),
                            folded.has(name) ? folded.parameter(name) : tensors.tensor(scratch, name));
                }
            }
        }
        checkSame(file, adapter, folded, base);
    }

    private static void checkSame(Path file, Adapter adapter, Adapter folded, BaseModel base) {
        try (Adapter again = adapter.folded(base)) {
            float[] stored = NativeTensors.toFloats(folded.trainable().flat());
            float[] computed = NativeTensors.toFloats(again.trainable().flat());
            double largest = 0;
            double difference = 0;
            for (int i = 0; i < stored.length; i++) {
                largest = Math.max(largest, Math.abs(stored[i]));
                difference = Math.max(difference, Math.abs(stored[i] - computed[i]));
            }
            if (!(difference <= CLOSE * largest)) {
                throw new IllegalArgumentException(
                        "%s computes another prompt than the one stored beside it (largest difference %.3g); delete it to use the stored one"
                                .formatted(file, difference));
            }
        }
    }
}
