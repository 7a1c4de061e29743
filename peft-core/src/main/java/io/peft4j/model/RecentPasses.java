package io.peft4j.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The compiled networks that a model was last asked for; those that were not asked for in a long time are dropped.
 *
 * <p>A selection such as a weighted average has a network for each of its weights, so their number has no limit by itself.
 */
final class RecentPasses {

    /** More than a server has selections of different structure at a time. */
    static final int LIMIT = 128;

    private final Map<RecordingOptions, ForwardPass> passes = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<RecordingOptions, ForwardPass> eldest) {
            return size() > LIMIT;
        }
    };

    /** Returns the pass of some options, compiled if it is not there; threads that ask for the same at once may both compile. */
    ForwardPass get(RecordingOptions options, Function<RecordingOptions, ForwardPass> compiler) {
        synchronized (passes) {
            ForwardPass known = passes.get(options);
            if (known != null) {
                return known;
            }
        }
        ForwardPass compiled = compiler.apply(options);
        synchronized (passes) {
            passes.put(options, compiled);
        }
        return compiled;
    }
}
