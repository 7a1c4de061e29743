package io.peft4j.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.BaseModel;
import io.peft4j.model.GradientPass;
import io.peft4j.model.TensorSource;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What layers below everything that trains give for a batch, kept from the first epoch on.
 *
 * <p>An entry is found by the identity of the base model, the programs computed, and the token ids of the batch, so it is
 * used only for exactly what it was computed from. When the limit is reached, further batches are computed every time.
 * Not thread-safe.
 */
public abstract class ActivationCache implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ActivationCache.class);

    /** What depends on the labels only, which the layers below do not see. */
    private static final Set<String> NOT_SEEN = Set.of("labels", "loss_scale");

    private final String model;
    private long left;

    ActivationCache(String model, long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("the limit of a cache must not be negative: " + limit);
        }
        this.model = model;
        this.left = limit;
    }

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
        return new CachedInMemory(base, limit);
    }

    /**
     * Returns a cache in files of a folder, which are mapped; later runs on the same model and data find them again.
     *
     * @param limit in bytes, for all files of the folder together
     * @throws IllegalArgumentException if the folder was filled for another base model
     */
    public static ActivationCache inFolder(BaseModel base, Path folder, long limit) throws IOException {
        return new CachedInFolder(base, folder, limit);
    }

    /**
     * Checks, before training starts, that the cache is for these batches.
     *
     * @throws IllegalArgumentException if it was filled for others
     */
    void begin(List<Batch> batches) {}

    /** Returns the results of the frozen prefix, from the cache if it has them. */
    final List<NDArray> prefix(
            BaseModel base, GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
        if (pass.prefix().values().isEmpty()) {
            return List.of();
        }
        if (!model.isEmpty() && !model.equals(modelOf(base))) {
            throw new IllegalArgumentException(
                    "the activation cache was made for the base model %s, not for %s; make one for each"
                            .formatted(model, modelOf(base)));
        }
        return find(base, pass, scratch, source, inputs);
    }

    /** Returns what is known, or computes it and keeps it if it fits. */
    abstract List<NDArray> find(
            BaseModel base, GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs);

    /** Returns whether so many bytes fit under the limit, and takes them from it. */
    final boolean take(long bytes) {
        if (bytes > left) {
            logger.debug("the activation cache is full: {} bytes are wanted and {} are left", bytes, left);
            return false;
        }
        left -= bytes;
        return true;
    }

    /** Returns what the results of the prefix take, in bytes. */
    static long bytes(GradientPass pass, Map<String, NDArray> inputs) {
        Map<String, Long> sizes = pass.network().sizes(inputs);
        return pass.prefix().values().stream()
                .mapToLong(value -> pass.network().values().get(value).bytes(sizes))
                .sum();
    }

    /** Returns a name of a base model as it computes here. */
    static String modelOf(BaseModel base) {
        return "%s in %s with %s of libtorch %s"
                .formatted(
                        base.identity(),
                        base.dtype(),
                        base.kernels(),
                        Engine.getEngine("PyTorch").getVersion());
    }

    /** Returns a name for what is computed: the model, the programs and the ids. */
    static String key(BaseModel base, GradientPass pass, Map<String, NDArray> inputs) {
        MessageDigest digest = sha256();
        digest.update((modelOf(base) + pass.prefix().identity()).getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, NDArray> input : new TreeMap<>(inputs).entrySet()) {
            if (!NOT_SEEN.contains(input.getKey())) {
                digest.update((input.getKey() + input.getValue().getShape()).getBytes(StandardCharsets.UTF_8));
                digest.update(NativeTensors.toBytes(input.getValue()));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public abstract void close();

    private static final class Nothing extends ActivationCache {
        Nothing() {
            super("", 0);
        }

        @Override
        List<NDArray> find(
                BaseModel base,
                GradientPass pass,
                NDManager scratch,
                TensorSource source,
                Map<String, NDArray> inputs) {
            return pass.runPrefix(scratch, source, inputs);
        }

        @Override
        public void close() {}
    }
}
