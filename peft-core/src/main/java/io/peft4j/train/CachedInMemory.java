package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.BaseModel;
import io.peft4j.model.GradientPass;
import io.peft4j.model.TensorSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Activations kept in native memory until the cache is closed. */
final class CachedInMemory extends ActivationCache {

    private final NDManager manager;
    private final Map<String, List<NDArray>> entries = new HashMap<>();

    CachedInMemory(BaseModel base, long limit) {
        super(modelOf(base), limit);
        this.manager = base.newManager();
    }

    @Override
    List<NDArray> find(
            BaseModel base, GradientPass pass, NDManager scratch, TensorSource source, Map<String, NDArray> inputs) {
        String key = key(base, pass, inputs);
        List<NDArray> known = entries.get(key);
        if (known != null) {
            return known;
        }
        List<NDArray> results = pass.runPrefix(scratch, source, inputs);
        if (take(bytes(pass, inputs))) {
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
