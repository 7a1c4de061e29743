package io.peft4j.bench;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.MemoryPlan;
import io.peft4j.program.ProcessMemory;
import io.peft4j.train.Batch;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times training steps and prints one JSON line: the counterpart of a script that does the same with other libraries. */
@Command(name = "step", mixinStandardHelpOptions = true, description = "Times training steps.")
final class StepCommand implements Callable<Integer> {

    @Mixin
    private WorkloadOptions workload = new WorkloadOptions("bert-base");

    @Option(
            names = "--method",
            defaultValue = "lora",
            description = "lora, lora_all, dora, ia3, prompt, prefix, ptuning, linear-probe, full or forward")
    private String method = "";

    @Option(names = "--batch", defaultValue = "8", converter = Positive.class)
    private int batch;

    @Option(names = "--seq", defaultValue = "128", converter = Positive.class)
    private int length;

    @Option(names = "--steps", defaultValue = "10", converter = Positive.class)
    private int steps;

    @Option(names = "--warmup", defaultValue = "3")
    private int warmup;

    @Option(names = "--floor", description = "Also time the bare matrix products that no implementation can avoid.")
    private boolean floor;

    @Option(
            names = "--memory-mb",
            defaultValue = "0",
            description = "Budget for activations; layers are checkpointed to keep it.")
    private long memory;

    @Override
    public Integer call() throws IOException {
        Methods.check(method, "forward");
        long begin = System.nanoTime();
        try (BaseModel base = workload.load()) {
            JsonObject report = method.equals("forward") ? forward(base, begin) : train(base, begin);
            report.addProperty("peak_rss_mb", ProcessMemory.peak() >> 20);
            double operations = MatmulFloor.operations(base, batch, length, passes());
            report.addProperty("flops", operations);
            report.addProperty(
                    "gflops_per_s", operations / report.get("median_ms").getAsDouble() / 1e6);
            if (floor) {
                double milliseconds = MatmulFloor.milliseconds(base, batch, length, passes());
                report.addProperty("floor_ms", milliseconds);
                report.addProperty(
                        "of_floor", milliseconds / report.get("median_ms").getAsDouble());
            }
            System.out.println(report);
        }
        return 0;
    }

    /** Returns how often a step multiplies by each weight: forward, for the gradient of its input, and for its own. */
    private int passes() {
        return switch (method) {
            case "forward" -> 1;
            case "full" -> 3;
            default -> 2;
        };
    }

    private JsonObject train(BaseModel base, long begin) {
        try (Adapter adapter = workload.adapter(base, method);
                TrainingStep step = new TrainingStep(base, adapter, 0.01, 1)) {
            double ready = (System.nanoTime() - begin) / 1e9;
            if (memory > 0) {
                step.activationBudget(memory << 20);
            }
            Breakdown breakdown = new Breakdown();
            step.observer(breakdown);
            Batch examples = examples(base);
            long peak = step.peak(step.plan(examples));
            List<Double> losses = new ArrayList<>();
            List<Double> times = time(breakdown, i -> {
                losses.add(step.accumulate(List.of(examples), i));
                step.update(1e-3);
            });
            JsonObject report = report(times, ready);
            report.addProperty("first_loss", losses.get(0));
            report.addProperty("last_loss", losses.get(losses.size() - 1));
            ParameterCount count = ParameterCount.of(base, adapter);
            report.addProperty("trainable", count.trainable());
            report.addProperty("total", count.all());
            MemoryPlan plan = step.plan(examples);
            report.addProperty("kept_bytes_per_token", plan.kept() / ((long) batch * length));
            report.addProperty("planned_activations_mb", plan.activations() >> 20);
            report.addProperty("planned_peak_mb", peak >> 20);
            report.add("breakdown_ms", breakdown.json(plan));
            return report;
        }
    }

    private JsonObject forward(BaseModel base, long begin) {
        double ready = (System.nanoTime() - begin) / 1e9;
        Batch examples = examples(base);
        return report(
                time(new Breakdown(), i -> {
                    try (NDManager scratch = base.newManager()) {
                        Selection.none().forward(base, scratch, examples.inputs(scratch));
                    }
                }),
                ready);
    }

    /** Returns the sorted milliseconds of the steps after the warm-up. */
    private List<Double> time(Breakdown breakdown, IntConsumer step) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < warmup + steps; i++) {
            if (i == warmup) {
                breakdown.restart();
            }
            long start = System.nanoTime();
            step.accept(i);
            long nanoseconds = System.nanoTime() - start;
            breakdown.stepDone(nanoseconds);
            if (i >= warmup) {
                times.add(nanoseconds / 1e6);
            }
        }
        Collections.sort(times);
        return times;
    }

    private JsonObject report(List<Double> times, double ready) {
        JsonObject report = workload.report(method);
        report.addProperty("batch", batch);
        report.addProperty("seq", length);
        report.addProperty("steps", steps);
        report.addProperty("median_ms", (times.get((times.size() - 1) / 2) + times.get(times.size() / 2)) / 2);
        report.addProperty("min_ms", times.get(0));
        report.addProperty("build_s", ready);
        return report;
    }

    private Batch examples(BaseModel base) {
        return new Batch(Workload.examples(base, batch, length, workload.seed()), 0);
    }
}
