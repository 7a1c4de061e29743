package io.peft4j.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.Checkpoint;
import io.peft4j.io.TensorInfo;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which tensor of a checkpoint is which weight of a network.
 *
 * <p>Checkpoints are saved with and without the prefix of the base model, so both names are tried.
 */
final class WeightSources {

    /**
     * What was found.
     *
     * @param tensors the tensor of the checkpoint for each weight that it has
     * @param ties the second names of weights, with their first ones
     */
    record Found(Map<String, String> tensors, Map<String, String> ties) {}

    private static final int LISTED = 20;

    private final NetworkRecorder recorder;
    private final Checkpoint checkpoint;
    private final Architecture architecture;
    private final Task task;
    private final List<String> heads;
    private final Set<String> names;
    private final Map<String, String> ties;
    private final Map<String, String> sources = new TreeMap<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    WeightSources(NetworkRecorder recorder, Checkpoint checkpoint, Architecture architecture, Task task)
            throws IOException {
        this.recorder = recorder;
        this.checkpoint = checkpoint;
        this.architecture = architecture;
        this.task = task;
        this.heads = architecture.headModules(task);
        this.names = new TreeSet<>(checkpoint.names());
        this.ties = kept(recorder.ties());
    }

    /** Where a checkpoint has another tensor under a second name, that is a weight of its own, as in transformers 5. */
    private Map<String, String> kept(Map<String, String> declared) throws IOException {
        Map<String, String> kept = new TreeMap<>(declared);
        for (Map.Entry<String, String> tie : declared.entrySet()) {
            String second = source(tie.getKey());
            String first = source(tie.getValue());
            if (!second.isEmpty() && !first.isEmpty() && !holdsTheSame(first, second)) {
                kept.remove(tie.getKey());
            }
        }
        return kept;
    }

    private boolean holdsTheSame(String first, String second) throws IOException {
        try (NDManager scratch = NativeTensors.newManager(Device.cpu())) {
            return checkpoint.info(first).dtype() == checkpoint.info(second).dtype()
                    && NativeTensors.equal(checkpoint.tensor(scratch, first), checkpoint.tensor(scratch, second));
        }
    }

    /**
     * Finds all weights, of which those of the head may be missing.
     *
     * @param folder what to call the checkpoint
     * @param saved the class that it was saved from, empty if that is not known
     * @param asked whether somebody asked for the task, which otherwise is what the checkpoint says
     * @throws IllegalArgumentException listing every tensor that is missing, unexpected or misshaped
     */
    Found find(String folder, String saved, boolean asked) {
        boolean newHead = isOfAnotherClass(saved) || (asked && isOfAnotherShape());
        recorder.weights().forEach((name, shape) -> {
            if (!ties.containsKey(name)) {
                find(name, shape, newHead);
            }
        });
        SortedSet<String> unexpected = new TreeSet<>(names);
        unexpected.removeAll(sources.values());
        unexpected.removeIf(other -> ties.containsKey(other) || architecture.mayIgnore(other, task));
        addList("missing", missing);
        addList("unexpected", unexpected);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s does not fit its config.json: %s".formatted(folder, String.join("; ", problems)));
        }
        return new Found(sources, ties);
    }

    private void find(String name, List<Long> needed, boolean newHead) {
        boolean ofHead = isOfHead(name);
        String source = ofHead && newHead ? "" : source(name);
        if (source.isEmpty()) {
            if (!ofHead) {
                missing.add(name);
            }
            return;
        }
        List<Long> shape = architecture.storesTransposed(name) ? List.of(needed.get(1), needed.get(0)) : needed;
        sources.put(name, source);
        TensorInfo info = checkpoint.info(source);
        if (!info.shape().equals(shape)) {
            problems.add("%s must be %s: %s".formatted(source, shape, info.shape()));
        }
        if (!info.dtype().isFloating()) {
            problems.add("%s must have a floating type: %s".formatted(source, info.dtype()));
        }
    }

    /** Heads of different classes may have the same names: BERT's {@code classifier} is of texts, tokens or choices. */
    private boolean isOfAnotherClass(String saved) {
        String wanted = architecture.className(task);
        return !task.labels().isEmpty()
                && !saved.isEmpty()
                && !saved.endsWith(wanted.substring(wanted.lastIndexOf("For")));
    }

    /** Other labels want another head. */
    private boolean isOfAnotherShape() {
        return !task.labels().isEmpty()
                && recorder.weights().entrySet().stream()
                        .filter(weight -> isOfHead(weight.getKey()))
                        .anyMatch(weight -> names.contains(source(weight.getKey()))
                                && !checkpoint
                                        .info(source(weight.getKey()))
                                        .shape()
                                        .equals(weight.getValue()));
    }

    private boolean isOfHead(String name) {
        return heads.stream().anyMatch(head -> name.startsWith(head + "."));
    }

    /** Returns the name in the checkpoint, empty if it has no such tensor. */
    private String source(String name) {
        if (names.contains(name)) {
            return name;
        }
        String prefix = architecture.basePrefix();
        String other = name.startsWith(prefix + ".") ? name.substring(prefix.length() + 1) : prefix + "." + name;
        return names.contains(other) ? other : "";
    }

    private void addList(String what, Collection<String> tensors) {
        if (!tensors.isEmpty()) {
            List<String> listed = tensors.stream().limit(LISTED).toList();
            String rest = tensors.size() > LISTED ? " and %d more".formatted(tensors.size() - LISTED) : "";
            problems.add("%s %s%s".formatted(what, listed, rest));
        }
    }
}
