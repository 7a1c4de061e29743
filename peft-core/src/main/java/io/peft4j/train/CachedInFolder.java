package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorFileException;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.GradientPass;
import io.peft4j.model.TensorSource;
import io.peft4j.program.DType;
import io.peft4j.program.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Activations in one safetensors file per batch; {@code cache.json} says for which base model and batches they are.
 *
 * <p>Files are written atomically, so a run that is killed leaves whole entries only.
 */
final class CachedInFolder extends ActivationCache {

    private static final String SUFFIX = ".safetensors";
    private static final String MODEL = "base_model";
    private static final String DATA = "batches";

    private final Path folder;
    private final Path manifest;

    CachedInFolder(BaseModel base, Path folder, long limit) throws IOException {
        super(modelOf(base), limit);
        this.folder = Files.createDirectories(folder);
        this.manifest = folder.resolve("cache.json");
        claim(MODEL, modelOf(base), "another base model");
        take(Math.min(limit, used()));
    }

    @Override
    void begin(List<Batch> batches) {
        MessageDigest digest = sha256();
        batches.forEach(batch -> digest.update(batch.bytes()));
        try {
            claim(DATA, HexFormat.of().formatHex(digest.digest()), "other data, or other batches of it");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes down what the folder is for, or fails if it is for something else. */
    private void claim(String field, String value, String other) throws IOException {
        JsonObject json = Files.exists(manifest) ? PythonJson.read(manifest) : new JsonObject();
        @Nullable JsonElement found = json.get(field);
        if (found == null) {
            json.addProperty(field, value);
            AtomicFile.write(manifest, PythonJson.format(json));
        } else if (!found.equals(new com.google.gson.JsonPrimitive(value))) {
            throw new IllegalArgumentException(
                    "the activation cache %s was filled for %s: its %s is %s, not %s; name another folder or delete this one"
                            .formatted(folder, other, field, found, value));
        }
    }

    private long used() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            long sum = 0;
            for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).toList()) {
                sum += Files.size(file);
            }
            return sum;
        }
    }

    @Override
    List<NDArray> find(
            BaseModel base, GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
        try {
            Path file = folder.resolve(key(base, pass, inputs) + SUFFIX);
            if (Files.exists(file)) {
                return read(file, pass, scratch, pass.network().sizes(inputs));
            }
            List<NDArray> results = pass.runPrefix(scratch, source, inputs);
            if (take(bytes(pass, inputs))) {
                write(file, pass, results);
            }
            return results;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<NDArray> read(Path file, GradientPass pass, NDManager scratch, Map<String, Long> sizes)
            throws IOException {
        SafeTensorsFile tensors = SafeTensorsFile.open(file);
        List<NDArray> results = new ArrayList<>();
        for (int value : pass.prefix().values()) {
            String name = Integer.toString(results.size());
            TensorInfo info = tensors.info(name);
            TensorType type = pass.network().values().get(value);
            List<Long> shape =
                    type.shape().stream().map(dim -> dim.evaluate(sizes)).toList();
            if (info.dtype() != type.dtype() || !info.shape().equals(shape)) {
                throw new TensorFileException("%s: tensor %s is %s%s, not %s%s; delete the file"
                        .formatted(file, name, info.dtype(), info.shape(), type.dtype(), shape));
            }
            results.add(tensors.tensor(scratch, name));
        }
        return results;
    }

    private static void write(Path file, GradientPass pass, List<NDArray> results) throws IOException {
        List<NamedTensor> tensors = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            DType dtype =
                    pass.network().values().get(pass.prefix().values().get(i)).dtype();
            tensors.add(new NamedTensor(Integer.toString(i), dtype, results.get(i)));
        }
        SafeTensorsWriter.write(file, tensors, Map.of());
    }

    @Override
    public void close() {}
}
