package io.peft4j.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The compiled networks that a model was last asked for; those that were not asked for in a long time are dropped.
 *
 * <p>A selection such as a weighted average has a network for each of its weights, so their number has no limit by itself.
 *
 * @param <K> what decides how a network is compiled
 * @param <P> a compiled network
 */
final class RecentPasses<K, P> {

    /** More than a server has selections of different structure at a time. */
    static final int LIMIT = 128;

    private final Map<K, P> passes = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, P> eldest) {
            return size() > LIMIT;
        }
    };

    /** Returns the pass of a key, compiled if it is not there; threads that ask for the same at once may both compile. */
    P get(K key, Function<K, P> compiler) {
        synchronized (passes) {
            P known = passes.get(key);
            if (known != null) {
                return known;
            }
        }
        P compiled = compiler.apply(key);
        synchronized (passes) {
            passes.put(key, compiled);
        }
        return compiled;
    }
}
