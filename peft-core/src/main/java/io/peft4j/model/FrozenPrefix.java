package io.peft4j.model;

import io.peft4j.model.Network.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The stages of a network that come before anything that trains and compute with weights: the same batch gives the same
 * results in every epoch, so they can be computed once and kept.
 *
 * @param stages their numbers
 * @param light the numbers of stages without weights that they build on, such as masks
 * @param values the numbers of their results that later stages use
 * @param identity a text that prefixes which compute something else do not have
 */
public record FrozenPrefix(Set<Integer> stages, Set<Integer> light, List<Integer> values, String identity) {

    public FrozenPrefix {
        stages = Set.copyOf(stages);
        light = Set.copyOf(light);
        values = List.copyOf(values);
    }

    static FrozenPrefix of(Network network, List<DifferentiatedStage> stages) {
        Set<Integer> known = new TreeSet<>();
        network.inputs().forEach(input -> known.add(input.value()));
        Set<Integer> heavyValues = new TreeSet<>();
        Set<Integer> heavy = new TreeSet<>();
        Set<Integer> light = new TreeSet<>();
        for (int i = 0; i < stages.size(); i++) {
            Network.Stage stage = stages.get(i).stage();
            if (stages.get(i).isDifferentiated() || !isFixed(stage, known)) {
                continue;
            }
            known.addAll(stage.results());
            if (stage.arguments().stream().anyMatch(argument -> isHeavy(argument, heavyValues))) {
                heavy.add(i);
                heavyValues.addAll(stage.results());
            } else {
                light.add(i);
            }
        }
        Set<Integer> used = new TreeSet<>();
        for (int i = 0; i < stages.size(); i++) {
            if (!heavy.contains(i)) {
                stages.get(i).stage().arguments().stream()
                        .filter(argument -> argument instanceof Argument.Value)
                        .map(argument -> ((Argument.Value) argument).number())
                        .filter(heavyValues::contains)
                        .forEach(used::add);
            }
        }
        Set<Integer> needed = heavy.isEmpty() ? Set.of() : light;
        return new FrozenPrefix(heavy, needed, new ArrayList<>(used), identity(stages, heavy, needed));
    }

    private static String identity(List<DifferentiatedStage> stages, Set<Integer> heavy, Set<Integer> light) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < stages.size(); i++) {
            if (heavy.contains(i) || light.contains(i)) {
                Network.Stage stage = stages.get(i).stage();
                text.append(stage.arguments())
                        .append(stage.results())
                        .append(stage.program())
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** Returns whether a stage depends on the batch and on weights alone. */
    private static boolean isFixed(Network.Stage stage, Set<Integer> known) {
        return stage.arguments().stream()
                .allMatch(argument -> argument instanceof Argument.Weight
                        || (argument instanceof Argument.Value value && known.contains(value.number())));
    }

    private static boolean isHeavy(Argument argument, Set<Integer> heavyValues) {
        return argument instanceof Argument.Weight
                || (argument instanceof Argument.Value value && heavyValues.contains(value.number()));
    }

    /** Returns the numbers of all stages that have to run for the results, in order. */
    List<Integer> order() {
        Set<Integer> all = new TreeSet<>(stages);
        all.addAll(light);
        return List.copyOf(all);
    }
}
