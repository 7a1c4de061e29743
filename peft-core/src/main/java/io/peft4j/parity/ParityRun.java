package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes the numbers of a case made by another implementation and compares them, in FLOAT32 and without dropout.
 *
 * <p>A case may expect logits and loss, gradients before clipping, logits, loss and parameters after some steps of AdamW,
 * the logits of the merged model and the norms of what merging changed, and logits of several adapters by name. What a
 * case expects and this does not compute is listed and fails the run.
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
    private final Map<String, Adapter> adapters;
    private final ParityCase parity;
    private final ParityNumbers numbers = new ParityNumbers();
    private final NDManager manager;

    private ParityRun(BaseModel base, Map<String, Adapter> adapters, ParityCase parity, NDManager manager) {
        this.base = base;
        this.adapters = new LinkedHashMap<>(adapters);
        this.parity = parity;
        this.manager = manager;
    }

    /**
     * Runs a case of one adapter.
     *
     * @param adapter the adapter, or nothing for the base model alone; the steps move it
     * @param out where to write what was computed, if anywhere
     */
    public static ParityReport run(
            BaseModel base, Optional<Adapter> adapter, Path file, Steps steps, double tolerance, Optional<Path> out)
            throws IOException {
        Map<String, Adapter> adapters = adapter.map(a -> Map.of("default", a)).orElse(Map.of());
        return run(base, adapters, file, steps, tolerance, out);
    }

    /**
     * Runs a case.
     *
     * @param adapters the adapters by the names that the case has for them; the steps move a single one, and what the case
     *     expects without a name is that of all of them stacked
     * @param out where to write what was computed, if anywhere
     */
    public static ParityReport run(
            BaseModel base, Map<String, Adapter> adapters, Path file, Steps steps, double tolerance, Optional<Path> out)
            throws IOException {
        try (NDManager manager = base.newManager()) {
            ParityCase parity = ParityCase.read(file, manager);
            parity.checkTokens(base.config().get("vocab_size").getAsLong());
            ParityRun run = new ParityRun(base, adapters, parity, manager);
            run.compute(steps);
            if (out.isPresent()) {
                run.numbers.write(out.get());
            }
            return run.numbers.compare(run.parity, tolerance);
        }
    }

    /**
     * Loads the adapter of a case; where the case says how parameters start that the adapter's file has not, with them.
     *
     * @param file the case
     */
    public static Adapter adapter(AdapterFolder folder, BaseModel base, Path file) throws IOException {
        List<String> initialised;
        try (NDManager manager = base.newManager()) {
            initialised = ParityCase.read(file, manager).initialised();
        }
        Adapter adapter = folder.load(base, initialised);
        if (ParityTraining.trains(adapter, initialised)) {
            return adapter;
        }
        adapter.close();
        return Adapter.restore(
                base, Adapter.DEFAULT_NAME, folder.config(), Adapter.modulesToSave(folder.config(), base));
    }

    private void compute(Steps steps) {
        ParityForward forward = new ParityForward(base, adapters, parity, numbers, manager);
        forward.computeNamed();
        if (adapters.isEmpty()) {
            forward.compute(Selection.none());
            loss("loss", Selection.none());
        } else if (adapters.size() == 1) {
            compute(adapters.values().iterator().next(), forward, steps);
        } else {
            Selection all = Selection.stack(adapters.values().toArray(Adapter[]::new));
            forward.compute(all);
            loss("loss", all);
        }
    }

    private void compute(Adapter adapter, ParityForward forward, Steps steps) {
        ParityTraining training = new ParityTraining(parity, numbers, manager);
        training.initialise(adapter);
        Selection selection = Selection.of(adapter);
        forward.compute(selection);
        loss("loss", selection);
        if (parity.has("labels")) {
            training.train(base, adapter, steps);
            if (parity.has("logits_after3")) {
                numbers.put("logits_after3", forward.logits(base, selection));
            }
            loss("loss_after3", selection);
        }
    }

    private void loss(String name, Selection selection) {
        if (parity.has(name)) {
            Map<String, NDArray> inputs = parity.trainingInputs(
                    manager, base.task(), selection.adaptation().virtualTokens());
            double penalty = selection.adapters().stream()
                    .mapToDouble(TrainingStep::penalty)
                    .sum();
            numbers.put(
                    name,
                    TrainingStep.loss(base, selection, manager, inputs)
                            .reshape(1)
                            .add(penalty));
        }
    }
}
