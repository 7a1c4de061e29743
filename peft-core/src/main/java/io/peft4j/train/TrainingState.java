package io.peft4j.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorFileException;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where training stands: parameters, moments, losses, scores and the best epoch, in one file that is replaced as a whole.
 *
 * <p>Order of examples, dropout masks and rates follow from the number of updates. What the file was written for is in it,
 * and another run does not go on from it.
 */
final class TrainingState {

    /** How many updates the whole run has, in what describes it. */
    static final String UPDATES = "updates";

    private static final String RUN = "run";
    private static final String BEST_EPOCH = "best_epoch";
    private static final String LOSSES = "losses";
    private static final String SCORES = "scores";
    private static final String PARAMETER = "parameter.";
    private static final String BEST = "best.";
    private static final String FIRST = "first_moment.";
    private static final String RULE = "rule.";
    private static final String SECOND = "second_moment.";

    private final JsonObject run;
    private final Map<String, NDArray> tensors = new LinkedHashMap<>();
    private final History history;
    private final AdamW optimizer;

    /**
     * Collects what belongs to the state.
     *
     * @param run what is trained and how
     */
    TrainingState(JsonObject run, Adapter adapter, TrainingStep step, History history) {
        this.run = run;
        this.history = history;
        put(PARAMETER, adapter.trainable());
        put(PARAMETER, adapter.frozen());
        this.optimizer = step.optimizer();
        put(FIRST, optimizer.first());
        put(SECOND, optimizer.second());
        step.rule().state().forEach((name, array) -> tensors.put(RULE + name, array));
        @Nullable ParameterBuffer best = history.bestValues();
        if (best != null) {
            put(BEST, best);
        }
    }

    private void put(String prefix, ParameterBuffer buffer) {
        buffer.names().forEach(name -> tensors.put(prefix + name, buffer.get(name)));
    }

    /** Writes the file, in a folder that is made if need be, replacing an old one only once all is on the disk. */
    void write(Path file) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
        try (NDManager scratch = NativeTensors.newManager(Device.cpu())) {
            List<NamedTensor> named = new ArrayList<>();
            tensors.forEach((name, array) -> named.add(new NamedTensor(name, DType.FLOAT32, array)));
            named.add(numbers(scratch, LOSSES, history.losses()));
            named.add(numbers(scratch, SCORES, history.scores()));
            Map<String, String> metadata =
                    Map.of(RUN, run.toString(), BEST_EPOCH, Integer.toString(history.bestEpoch()));
            SafeTensorsWriter.write(file, named, metadata);
        }
    }

    private static NamedTensor numbers(NDManager scratch, String name, List<Double> values) {
        double[] array = values.stream().mapToDouble(Double::doubleValue).toArray();
        return new NamedTensor(name, DType.FLOAT64, scratch.create(array, new Shape(array.length)));
    }

    /**
     * Overwrites everything with what the file holds.
     *
     * @throws TensorFileException if there is no such file, or listing all that does not fit this run; nothing is changed then
     */
    void read(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new TensorFileException("there is no state of training to go on from: " + file);
        }
        SafeTensorsFile stored = SafeTensorsFile.open(file);
        List<String> problems = new ArrayList<>();
        checkRun(stored, problems);
        checkTensors(stored, problems);
        int bestEpoch = bestEpoch(stored, problems);
        if (problems.isEmpty()) {
            checkCounts(stored, bestEpoch, problems);
        }
        if (!problems.isEmpty()) {
            throw new TensorFileException("%s is not of this training: %s; start anew, or with what it was written for"
                    .formatted(file, String.join("; ", problems)));
        }
        try (NDManager scratch = NativeTensors.newManager(Device.cpu())) {
            List<Double> losses = numbers(stored.tensor(scratch, LOSSES));
            List<Double> scores = numbers(stored.tensor(scratch, SCORES));
            for (Map.Entry<String, NDArray> tensor : tensors.entrySet()) {
                NativeTensors.copy(tensor.getValue(), stored.tensor(scratch, tensor.getKey()));
            }
            history.restore(losses, scores, bestEpoch);
            optimizer.restored(losses.size());
        }
    }

    private static List<Double> numbers(NDArray array) {
        List<Double> values = new ArrayList<>();
        for (double value : array.toDoubleArray()) {
            values.add(value);
        }
        return values;
    }

    private void checkRun(SafeTensorsFile stored, List<String> problems) {
        JsonObject was;
        try {
            was = JsonParser.parseString(stored.metadata().getOrDefault(RUN, ""))
                    .getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            problems.add("it does not say what it was written for");
            return;
        }
        Set<String> names = new TreeSet<>(run.keySet());
        names.addAll(was.keySet());
        for (String name : names) {
            @Nullable JsonElement before = was.get(name);
            @Nullable JsonElement now = run.get(name);
            // As text: numbers that were read are not equal to those that were written.
            if (!String.valueOf(before).equals(String.valueOf(now))) {
                problems.add("%s was %s and is %s".formatted(name, before, now));
            }
        }
    }

    private void checkTensors(SafeTensorsFile stored, List<String> problems) {
        Set<String> names = new TreeSet<>();
        stored.tensors().forEach(info -> names.add(info.name()));
        tensors.forEach((name, array) -> {
            List<Long> shape =
                    Arrays.stream(array.getShape().getShape()).boxed().toList();
            if (!names.remove(name)) {
                problems.add("missing " + name);
            } else if (!stored.info(name).shape().equals(shape)
                    || stored.info(name).dtype() != DType.FLOAT32) {
                problems.add("%s must be FLOAT32 %s: %s %s"
                        .formatted(
                                name,
                                shape,
                                stored.info(name).dtype(),
                                stored.info(name).shape()));
            }
        });
        for (String name : List.of(LOSSES, SCORES)) {
            if (!names.remove(name)) {
                problems.add("missing " + name);
            } else if (stored.info(name).shape().size() != 1
                    || stored.info(name).dtype() != DType.FLOAT64) {
                problems.add("%s must be FLOAT64 with one dimension".formatted(name));
            }
        }
        names.forEach(name -> problems.add("unexpected " + name));
    }

    private static int bestEpoch(SafeTensorsFile stored, List<String> problems) {
        String value = stored.metadata().getOrDefault(BEST_EPOCH, "");
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            problems.add("%s must be a number: \"%s\"".formatted(BEST_EPOCH, value));
            return 0;
        }
    }

    /** The counts that a file gives are what order, rates and the best epoch follow from. */
    private void checkCounts(SafeTensorsFile stored, int bestEpoch, List<String> problems) {
        long updates = stored.info(LOSSES).shape().get(0);
        long epochs = stored.info(SCORES).shape().get(0);
        long planned = run.get(UPDATES).getAsLong();
        if (updates > planned || epochs > updates || bestEpoch < 0 || bestEpoch > epochs) {
            problems.add("%d updates of %d, %d epochs and a best one numbered %d do not go together"
                    .formatted(updates, planned, epochs, bestEpoch));
        }
    }
}
