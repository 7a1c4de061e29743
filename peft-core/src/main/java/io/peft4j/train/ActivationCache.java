package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.GradientPass;
import io.peft4j.model.TensorSource;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What layers below everything that trains give for a batch, kept from the first epoch on.
 *
 * <p>An entry is found by the identity of the base model, the layers computed, and the token ids of the batch, so it is
 * used only for exactly what it was computed from. When the limit is reached, further batches are computed every time.
 * Not thread-safe.
 */
public abstract class ActivationCache implements AutoCloseable {

    private ActivationCache() {}

    /** Returns a cache that keeps nothing. */
    public static ActivationCache none() {
        return new Nothing();
    }

    /**
     * Returns a cache in native memory.
     *
     * @param limit in bytes
     */
    public static ActivationCache inMemory(BaseModel base, long limit) {
        return new InMemory(base, limit);
    }

    /**
     * Returns a cache in files of a folder, which are mapped; later runs on the same model and data find them again.
     *
     * @param limit in bytes
     */
    public static ActivationCache inFolder(BaseModel base, Path folder, long limit) {
        return new InFolder(base, folder, limit);
    }

    /** Returns the results of the frozen prefix, from the cache if it has them. */
    abstract List<NDArray> prefix(
            GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs);

    /** Returns a name for what is computed: the model, the stages and the ids. */
    static String key(BaseModel base, GradientPass pass, Map<String, NDArray> inputs) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String stages = pass.prefix().stages().stream()
                    .sorted()
                    .map(i -> pass.stages().get(i).stage().path())
                    .toList()
                    .toString();
            digest.update((base.identity() + base.dtype() + stages).getBytes(StandardCharsets.UTF_8));
            for (Map.Entry<String, NDArray> input : new TreeMap<>(inputs).entrySet()) {
                if (input.getKey().equals("labels") || input.getKey().equals("loss_scale")) {
                    continue;
                }
                digest.update((input.getKey() + input.getValue().getShape()).getBytes(StandardCharsets.UTF_8));
                ByteBuffer bytes = NativeTensors.toBytes(input.getValue());
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static long bytes(GradientPass pass, Map<String, NDArray> inputs) {
        Map<String, Long> sizes = pass.network().sizes(inputs);
        return pass.prefix().values().stream()
                .mapToLong(value -> pass.network().values().get(value).bytes(sizes))
                .sum();
    }

    private static final class Nothing extends ActivationCache {
        @Override
        List<NDArray> prefix(GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
            return pass.runPrefix(scratch, source, inputs);
        }

        @Override
        public void close() {}
    }

    private static final class InMemory extends ActivationCache {
        private final BaseModel base;
        private final NDManager manager;
        private final Map<String, List<NDArray>> entries = new HashMap<>();
        private long left;

        InMemory(BaseModel base, long limit) {
            this.base = base;
            this.manager = base.newManager();
            this.left = limit;
        }

        @Override
        List<NDArray> prefix(GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
            if (pass.prefix().values().isEmpty()) {
                return List.of();
            }
            String key = key(base, pass, inputs);
            List<NDArray> known = entries.get(key);
            if (known != null) {
                return known;
            }
            List<NDArray> results = pass.runPrefix(scratch, source, inputs);
            long size = bytes(pass, inputs);
            if (size <= left) {
                left -= size;
                results.forEach(result -> result.attach(manager));
                entries.put(key, results);
            }
            return results;
        }

        @Override
        public void close() {
            manager.close();
        }
    }

    private static final class InFolder extends ActivationCache {
        private final BaseModel base;
        private final Path folder;
        private long left;

        InFolder(BaseModel base, Path folder, long limit) {
            this.base = base;
            this.folder = folder;
            this.left = limit;
        }

        @Override
        List<NDArray> prefix(GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
            if (pass.prefix().values().isEmpty()) {
                return List.of();
            }
            try {
                Path file = folder.resolve(key(base, pass, inputs) + ".safetensors");
                if (Files.exists(file)) {
                    return read(file, pass.prefix().values().size(), scratch);
                }
                List<NDArray> results = pass.runPrefix(scratch, source, inputs);
                long size = bytes(pass, inputs);
                if (size <= left) {
                    left -= size;
                    write(file, pass, results);
                }
                return results;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static List<NDArray> read(Path file, int count, NDManager scratch) throws IOException {
            SafeTensorsFile tensors = SafeTensorsFile.open(file);
            List<NDArray> results = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                results.add(tensors.tensor(scratch, Integer.toString(i)));
            }
            return results;
        }

        private void write(Path file, GradientPass pass, List<NDArray> results) throws IOException {
            Files.createDirectories(folder);
            List<NamedTensor> tensors = new ArrayList<>();
            for (int i = 0; i < results.size(); i++) {
                int value = pass.prefix().values().get(i);
                DType dtype = pass.network().values().get(value).dtype();
                tensors.add(new NamedTensor(Integer.toString(i), dtype, results.get(i)));
            }
            SafeTensorsWriter.write(file, tensors, Map.of());
        }

        @Override
        public void close() {}
    }

    @Override
    public abstract void close();
}
