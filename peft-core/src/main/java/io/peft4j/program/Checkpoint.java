package io.peft4j.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A differentiated program that computes again, just before backward, most of what backward needs.
 *
 * <p>A few kept values are spared: those that take far more products to compute again than their size is worth, as what
 * leaves a feed-forward layer, which is a third of the work of a BERT layer in a tenth of its memory.
 *
 * @param forward returns the outputs of the original program, then the spared values
 * @param spared which of the kept values are spared, by number
 * @param again takes inputs of the original program and spared value i as {@code kept.i}; returns the other kept values
 */
public record Checkpoint(Program forward, List<Integer> spared, Program again) {

    /** A value is spared if its elements cost more than so many times those of the average kept value. */
    private static final int DEAR = 2;

    public Checkpoint {
        spared = List.copyOf(spared);
    }

    /** Derives it from a differentiated program. */
    public static Checkpoint of(Differentiation.Result result) {
        Program extended = result.forward();
        int outputs = extended.outputs().size() - result.kept().size();
        List<Integer> kept =
                extended.outputs().subList(outputs, extended.outputs().size());
        List<TensorType> types = extended.types();
        double all = products(again(extended, kept, Set.of()));
        double elements =
                kept.stream().mapToDouble(id -> elements(types.get(id))).sum();
        List<Integer> spared = IntStream.range(0, kept.size())
                .filter(i -> isAlone(extended, kept.get(i)))
                .filter(i -> {
                    double saved = all - products(again(extended, kept, Set.of(kept.get(i))));
                    return saved / elements(types.get(kept.get(i))) > DEAR * all / elements;
                })
                .boxed()
                .toList();
        List<Integer> returned = new ArrayList<>(extended.outputs().subList(0, outputs));
        spared.forEach(i -> returned.add(kept.get(i)));
        Program forward = Program.of(extended.inputs(), extended.nodes(), returned, List.of(), types.size());
        Set<Integer> known = Set.copyOf(spared.stream().map(kept::get).toList());
        return new Checkpoint(forward, spared, again(extended, kept, known));
    }

    /** Returns whether a value is the only result of its operation, which need not run if the value is known. */
    private static boolean isAlone(Program program, int id) {
        return program.nodes().stream().anyMatch(node -> node.results().equals(List.of(id)));
    }

    /** Returns the program that computes the kept values that are not known from those that are. */
    private static Program again(Program extended, List<Integer> kept, Set<Integer> known) {
        List<TensorType> types = extended.types();
        List<Program.Input> inputs = new ArrayList<>(extended.inputs());
        known.stream()
                .sorted()
                .forEach(id -> inputs.add(new Program.Input("kept." + kept.indexOf(id), types.get(id), id)));
        List<Program.Node> nodes = extended.nodes().stream()
                .filter(node -> node.results().stream().noneMatch(known::contains))
                .toList();
        List<Integer> wanted = kept.stream().filter(id -> !known.contains(id)).toList();
        return Program.of(inputs, nodes, wanted, List.of(), types.size());
    }

    private static double products(Program program) {
        Map<String, Long> typical = new HashMap<>();
        // Some sizes, such as the number of labels that count, are those of results only.
        program.types().forEach(type -> type.typicalSizes().forEach(typical::putIfAbsent));
        return program.operations(typical);
    }

    private static double elements(TensorType type) {
        return type.elements().evaluate(type.typicalSizes());
    }
}
