package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.model.GradientPass;
import io.peft4j.model.MemoryPlan;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where the time of training steps goes, by program: layers of one kind count together. */
final class Breakdown implements GradientPass.Observer {

    private final Map<Integer, Long> forward = new TreeMap<>();
    private final Map<Integer, Long> backward = new TreeMap<>();
    private long total;
    private int steps;

    @Override
    public void ran(int stage, boolean ranBackward, long nanoseconds) {
        (ranBackward ? backward : forward).merge(stage, nanoseconds, Long::sum);
    }

    /** Forgets what was heard so far. */
    void restart() {
        forward.clear();
        backward.clear();
        total = 0;
        steps = 0;
    }

    /** Notes that a step is over and how long all of it took. */
    void stepDone(long nanoseconds) {
        total += nanoseconds;
        steps++;
    }

    /** Returns milliseconds per step by program. */
    JsonObject json(MemoryPlan plan) {
        Map<String, Double> times = new TreeMap<>();
        add(times, plan.stages(), forward, "forward ");
        add(times, plan.stages(), backward, "backward ");
        double programs =
                times.values().stream().mapToDouble(Double::doubleValue).sum();
        // The frozen prefix, such as embeddings, the optimizer, and what happens in Java.
        times.put("everything else", total / 1e6 / Math.max(1, steps) - programs);
        JsonObject json = new JsonObject();
        times.forEach((name, time) -> json.addProperty(name, Math.round(time * 100) / 100.0));
        return json;
    }

    private void add(
            Map<String, Double> times, List<MemoryPlan.Stage> stages, Map<Integer, Long> heard, String prefix) {
        heard.forEach((stage, nanoseconds) -> {
            String path = stages.get(stage).path().replaceAll("\\.\\d+", ".*");
            times.merge(
                    prefix + (path.isEmpty() ? "(mask, head)" : path),
                    nanoseconds / 1e6 / Math.max(1, steps),
                    Double::sum);
        });
    }
}
