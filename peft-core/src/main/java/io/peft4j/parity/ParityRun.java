package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Computes the numbers of a case made by another implementation and compares them, in FLOAT32 and without dropout.
 *
 * <p>A case may expect logits and loss, gradients before clipping, logits and loss after some steps of AdamW, and the
 * logits of the merged model.
 */
public final class ParityRun {

    /**
     * How the steps of a case were taken.
     *
     * @param steps how many
     * @param learningRate constant
     * @param weightDecay of AdamW
     * @param clipNorm largest norm of the gradients, infinite for no limit
     */
    public record Steps(int steps, double learningRate, double weightDecay, double clipNorm) {}

    private final BaseModel base;
    private final @Nullable Adapter adapter;
    private final ParityCase parity;
    private final NDManager manager;
    private final Map<String, NDArray> computed = new LinkedHashMap<>();
    private final List<String> missing = new ArrayList<>();

    private ParityRun(BaseModel base, @Nullable Adapter adapter, ParityCase parity, NDManager manager) {
        this.base = base;
        this.adapter = adapter;
        this.parity = parity;
        this.manager = manager;
    }

    /**
     * Runs a case.
     *
     * @param adapter the adapter, or nothing for the base model alone; the steps move it
     * @param out where to write what was computed, if anywhere
     */
    public static ParityReport run(
            BaseModel base, Optional<Adapter> adapter, Path file, Steps steps, double tolerance, Optional<Path> out)
            throws IOException {
        try (NDManager manager = base.newManager()) {
            ParityRun run = new ParityRun(base, adapter.orElse(null), ParityCase.read(file, manager), manager);
            run.compute(steps);
            if (out.isPresent()) {
                run.write(out.get());
            }
            return run.compare(tolerance);
        }
    }

    private void compute(Steps steps) {
        Selection selection = adapter == null ? Selection.none() : Selection.of(adapter);
        computed.put("logits", logits(base, selection));
        if (adapter != null && parity.has("logits_merged")) {
            try (Merge merge = Merge.of(base, selection)) {
                computed.put("logits_merged", logits(merge.model(), Selection.none()));
            }
        }
        if (!parity.has("labels")) {
            return;
        }
        computed.put("loss", loss(selection));
        if (adapter != null) {
            train(adapter, steps);
            if (parity.has("logits_after3")) {
                computed.put("logits_after3", logits(base, selection));
                computed.put("loss_after3", loss(selection));
            }
        }
    }

    private Map<String, NDArray> inputs() {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        inputs.put("input_ids", parity.get("input_ids"));
        inputs.put("attention_mask", parity.get("attention_mask"));
        inputs.put("token_type_ids", parity.get("input_ids").zerosLike());
        return inputs;
    }

    private Map<String, NDArray> trainingInputs() {
        Map<String, NDArray> inputs = inputs();
        NDArray labels = parity.get("labels");
        inputs.put("labels", labels);
        long counted = labels.gte(0).sum().getLong();
        inputs.put("loss_scale", manager.create(1f / Math.max(1, counted)));
        return inputs;
    }

    private NDArray logits(BaseModel model, Selection selection) {
        NDArray logits = selection.forward(model, manager, inputs()).get("logits");
        return java.util.Objects.requireNonNull(logits, "the model has no logits");
    }

    private NDArray loss(Selection selection) {
        return TrainingStep.loss(base, selection, manager, trainingInputs()).reshape(1);
    }

    private void train(Adapter trained, Steps steps) {
        try (TrainingStep step = new TrainingStep(base, trained, steps.weightDecay(), steps.clipNorm())) {
            for (int i = 0; i < steps.steps(); i++) {
                step.accumulate(trainingInputs(), i);
                if (i == 0) {
                    takeGradients(trained, step);
                }
                step.update(steps.learningRate());
            }
        }
    }

    /** Keeps the gradients under the names that the case has for them. */
    private void takeGradients(Adapter trained, TrainingStep step) {
        Map<String, String> byReference = new LinkedHashMap<>();
        for (String name : trained.trainable().names()) {
            byReference.put(PeftMethods.of(trained.config()).tensorName(name), name);
        }
        for (String expected : parity.expected()) {
            String name = byReference.get(fileName(expected));
            if (expected.startsWith("grad.") && name != null) {
                computed.put(
                        expected, NativeTensors.cast(manager, step.gradients().get(name), DType.FLOAT32));
            }
        }
    }

    /** Returns the name in the adapter's file of a parameter as it is called in the live model of the reference. */
    private static String fileName(String expected) {
        return expected.replaceFirst("^grad\\.", "")
                .replace(".modules_to_save.default", "")
                .replace(".default", "");
    }

    private ParityReport compare(double tolerance) {
        List<ParityReport.Quantity> quantities = new ArrayList<>();
        for (String name : parity.expected()) {
            NDArray value = computed.get(name);
            if (value != null) {
                quantities.add(difference(name, value));
            } else if (isComparable(name)) {
                missing.add(name + " was not computed");
            }
        }
        return new ParityReport(quantities, missing, tolerance);
    }

    /** Returns whether a name is one of the quantities; cases may hold others for other purposes. */
    private static boolean isComparable(String name) {
        return name.startsWith("logits")
                || name.startsWith("loss")
                || name.startsWith("grad.")
                || name.equals("generated");
    }

    private ParityReport.Quantity difference(String name, NDArray value) {
        NDArray expected = parity.get(name);
        if (!value.getShape().equals(expected.getShape())) {
            missing.add("%s must be %s: %s".formatted(name, expected.getShape(), value.getShape()));
            return new ParityReport.Quantity(name, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
        double[] a = doubles(value);
        double[] b = doubles(expected);
        double absolute = 0;
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = Math.abs(a[i] - b[i]);
            absolute = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(absolute, difference);
            largest = Math.max(largest, Math.abs(b[i]));
        }
        return new ParityReport.Quantity(name, absolute, absolute == 0 ? 0 : absolute / largest);
    }

    private static double[] doubles(NDArray array) {
        float[] values = NativeTensors.toFloats(array);
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private void write(Path out) throws IOException {
        List<NamedTensor> tensors = new ArrayList<>();
        computed.forEach((name, value) -> tensors.add(new NamedTensor(name, DType.FLOAT32, value)));
        SafeTensorsWriter.write(out, tensors, Map.of("format", "pt"));
    }
}
