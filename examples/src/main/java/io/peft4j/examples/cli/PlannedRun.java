package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.MemoryPlan;
import io.peft4j.model.Task;
import io.peft4j.train.Batch;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The memory that training a method would take: per layer what is kept for backward, and the peak of the process. */
final class PlannedRun {

    private static final long MEGABYTE = 1 << 20;

    @Option(names = "--method", description = "Plan the memory of training with this method.")
    private @Nullable String method;

    @Mixin
    private MethodOptions settings = new MethodOptions();

    @Option(
            names = "--task",
            defaultValue = "classification",
            description = "classification, token-classification, causal-lm or seq2seq. Default: classification")
    private String task = "";

    @Option(
            names = "--batch-size",
            defaultValue = "32",
            converter = Count.Positive.class,
            description = "Rows per forward pass. Default: 32")
    private int batchSize;

    @Option(
            names = "--max-length",
            defaultValue = "128",
            converter = Count.Positive.class,
            description = "Tokens of the longest text. Default: 128")
    private int maxLength;

    @Option(
            names = "--activation-budget",
            paramLabel = "MB",
            description = "What activations may take. Default: no limit")
    private @Nullable Long activationBudget;

    /** Returns whether any option asks for a plan. */
    boolean isAsked() {
        return method != null || settings.isFromFile();
    }

    /** Returns the plan as text, or as one JSON object. */
    String plan(BaseOptions options, boolean json) throws IOException {
        List<String> methods = settings.methods(method == null ? null : List.of(method), List.of());
        try (BaseModel base = BaseModel.from(options.folder())
                .task(task())
                .precision(options.dtype())
                .weights(options.weights())
                .device(options.device())
                .load()) {
            Map.Entry<String, PeftConfig> chosen = settings.configs(
                            methods, base.architecture().defaultTargets())
                    .entrySet()
                    .iterator()
                    .next();
            try (Adapter adapter = Adapter.create(base, chosen.getValue(), options.seed());
                    TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
                checkLength(base, Selection.of(adapter).positions());
                if (activationBudget != null) {
                    step.activationBudget(Math.multiplyExact(activationBudget, MEGABYTE));
                }
                MemoryPlan plan = step.plan(Batch.blank(base.task(), batchSize, maxLength));
                ParameterCount count = ParameterCount.of(base, adapter);
                return json
                        ? Json.pretty(json(chosen.getKey(), count, plan, step.peak(plan)))
                        : text(count, plan, step.peak(plan));
            }
        }
    }

    /** Returns what a run would be for; how many labels there are hardly matters to its memory. */
    private Task task() {
        return switch (task) {
            case "classification" -> Task.sequenceClassification(List.of("0", "1"));
            case "token-classification" -> Task.tokenClassification(List.of("0", "1"));
            case "causal-lm" -> Task.causalLanguageModelling();
            case "seq2seq" -> Task.sequenceToSequence();
            default ->
                throw new UsageException(
                        "--task must be classification, token-classification, causal-lm or seq2seq: " + task);
        };
    }

    private void checkLength(BaseModel base, int taken) {
        int room = base.architecture().maxLength() - taken;
        if (maxLength < 1 || maxLength > room) {
            throw new IllegalArgumentException("maximum length must be in [1, %d], the positions of the model%s: %d"
                    .formatted(room, taken > 0 ? " less %d virtual tokens".formatted(taken) : "", maxLength));
        }
    }

    private JsonObject json(String name, ParameterCount count, MemoryPlan plan, long peak) {
        JsonObject object = new JsonObject();
        object.addProperty("kind", "plan");
        object.addProperty("method", name);
        object.addProperty("trainable", count.trainable());
        object.addProperty("share", count.share());
        object.addProperty("batch_size", batchSize);
        object.addProperty("max_length", maxLength);
        object.addProperty("peak_bytes", peak);
        object.addProperty("activation_bytes", plan.activations());
        object.addProperty("kept_bytes", plan.kept());
        JsonArray stages = new JsonArray();
        for (MemoryPlan.Stage stage : plan.stages()) {
            JsonObject row = new JsonObject();
            row.addProperty("module", stage.path());
            row.addProperty("kept_bytes", stage.kept());
            row.addProperty("checkpointed", stage.checkpointed());
            stages.add(row);
        }
        object.add("stages", stages);
        return object;
    }

    private String text(ParameterCount count, MemoryPlan plan, long peak) {
        return String.format(
                Locale.ROOT,
                "%s%n%s%nbatches of %d x %d tokens: this run will peak at about %,d MB",
                count,
                plan,
                batchSize,
                maxLength,
                peak / 1_000_000);
    }
}
