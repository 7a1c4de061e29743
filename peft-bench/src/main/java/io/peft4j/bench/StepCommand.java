package io.peft4j.bench;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.MemoryPlan;
import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.program.ProcessMemory;
import io.peft4j.train.Batch;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times training steps and prints one JSON line: the counterpart of a script that does the same with other libraries. */
@Command(name = "step", mixinStandardHelpOptions = true, description = "Times training steps.")
final class StepCommand implements Callable<Integer> {

    @Option(names = "--model", defaultValue = "bert-base", description = "a shape, or a folder")
    private String model = "";

    @Option(names = "--method", defaultValue = "lora", description = "lora, lora_all, full or forward")
    private String method = "";

    @Option(names = "--rank", defaultValue = "8")
    private int rank;

    @Option(names = "--batch", defaultValue = "8")
    private int batch;

    @Option(names = "--seq", defaultValue = "128")
    private int length;

    @Option(names = "--dtype", defaultValue = "float32", description = "float32 or bfloat16")
    private String dtype = "";

    @Option(names = "--steps", defaultValue = "10")
    private int steps;

    @Option(names = "--warmup", defaultValue = "3")
    private int warmup;

    @Option(names = "--threads", defaultValue = "0")
    private int threads;

    @Option(names = "--seed", defaultValue = "1")
    private long seed;

    @Option(names = "--floor", description = "Also time the bare matrix products that no implementation can avoid.")
    private boolean floor;

    @Option(
            names = "--memory-mb",
            defaultValue = "0",
            description = "Budget for activations; layers are checkpointed to keep it.")
    private long memory;

    @Override
    public Integer call() throws IOException {
        if (threads > 0) {
            System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        }
        long begin = System.nanoTime();
        DType type = DType.valueOf(dtype.toUpperCase(Locale.ROOT));
        try (BaseModel base = loader(type)
                        .task(Task.sequenceClassification(List.of("0", "1")))
                        .precision(type)
                        .seed(seed)
                        .load();
                Adapter adapter = Adapter.create(base, Methods.config(method, rank), seed);
                TrainingStep step = new TrainingStep(base, adapter, 0.01, 1)) {
            double ready = (System.nanoTime() - begin) / 1e9;
            if (memory > 0) {
                step.activationBudget(memory << 20);
            }
            JsonObject report = run(base, step);
            ParameterCount count = ParameterCount.of(base, adapter);
            report.addProperty("trainable", count.trainable());
            report.addProperty("total", count.all());
            report.addProperty("build_s", ready);
            report.addProperty("peak_rss_mb", ProcessMemory.peak() >> 20);
            if (floor) {
                addFloor(report, MatmulFloor.of(base, batch, length, method.equals("full")));
            }
            System.out.println(report);
        }
        return 0;
    }

    private JsonObject run(BaseModel base, TrainingStep step) {
        List<Double> times = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        Breakdown breakdown = new Breakdown();
        step.observer(breakdown);
        Batch examples = examples(base.config().get("vocab_size").getAsInt());
        for (int i = 0; i < warmup + steps; i++) {
            if (i == warmup) {
                breakdown.restart();
            }
            long start = System.nanoTime();
            losses.add(step.accumulate(List.of(examples), i));
            step.update(1e-3);
            breakdown.stepDone();
            if (i >= warmup) {
                times.add((System.nanoTime() - start) / 1e6);
            }
        }
        Collections.sort(times);
        JsonObject report = new JsonObject();
        report.addProperty("system", "peft4j");
        report.addProperty("model", model);
        report.addProperty("method", method);
        report.addProperty("rank", rank);
        report.addProperty("batch", batch);
        report.addProperty("seq", length);
        report.addProperty("dtype", dtype);
        report.addProperty("steps", steps);
        report.addProperty("median_ms", (times.get((times.size() - 1) / 2) + times.get(times.size() / 2)) / 2);
        report.addProperty("min_ms", times.get(0));
        report.addProperty("first_loss", losses.get(0));
        report.addProperty("last_loss", losses.get(losses.size() - 1));
        try (NDManager scratch = base.newManager()) {
            MemoryPlan plan = step.plan(examples.trainingInputs(scratch, base.task(), batch));
            report.addProperty("kept_bytes_per_token", plan.kept() / ((long) batch * length));
            report.addProperty("planned_activations_mb", plan.activations() >> 20);
            report.add("breakdown_ms", breakdown.json(plan));
        }
        return report;
    }

    private static void addFloor(JsonObject report, MatmulFloor floor) {
        double median = report.get("median_ms").getAsDouble();
        report.addProperty("floor_ms", floor.milliseconds());
        report.addProperty("of_floor", floor.milliseconds() / median);
        report.addProperty("gflops", floor.operations() / median / 1e6);
    }

    /** Returns the loader of the folder, or of a folder with random weights for the shape. */
    private BaseModelLoader loader(DType type) throws IOException {
        Path folder = Path.of(model);
        return BaseModel.from(Files.isDirectory(folder) ? folder : RandomCheckpoint.of(model, type, seed));
    }

    private Batch examples(int vocabulary) {
        return new Batch(Workload.examples(vocabulary, batch, length, seed), 0);
    }
}
