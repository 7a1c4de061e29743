package io.peft4j.program;

import io.peft4j.program.Packing.Packed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes products of the same rows at once, such as those for queries, keys and values, with one weight that holds all of
 * theirs.
 */
final class JoinedProducts {

    private static final Op PRODUCT = LinearAlgebra.packed(LinearAlgebra.linear(false), false);

    private final Program program;
    private final List<Program.Input> inputs;
    private final Map<String, Packed> weights;

    JoinedProducts(Packing packing) {
        this.program = packing.program();
        this.inputs = new ArrayList<>(program.inputs());
        this.weights = new LinkedHashMap<>(packing.weights());
    }

    /** Returns the program with joined products; the input of the first weight of some is that of all of them. */
    Packing packing() {
        Map<Integer, List<Program.Node>> products = new HashMap<>();
        program.nodes().stream().filter(this::isJoinable).forEach(node -> products.computeIfAbsent(
                        rows(node), rows -> new ArrayList<>())
                .add(node));
        Set<Program.Node> done = new HashSet<>();
        List<Program.Node> nodes = new ArrayList<>();
        for (Program.Node node : program.nodes()) {
            List<Program.Node> group = isJoinable(node) ? products.getOrDefault(rows(node), List.of()) : List.of(node);
            if (!done.contains(node)) {
                nodes.add(group.size() == 1 ? node : joined(group));
                done.addAll(group);
            }
        }
        int values = program.types().size();
        return new Packing(Program.of(inputs, nodes, program.outputs(), program.additions(), values), weights);
    }

    private static int rows(Program.Node node) {
        return node.operands().get(0);
    }

    /** Products with a bias stay, since theirs would have to be joined too, and those whose weight has another user. */
    private boolean isJoinable(Program.Node node) {
        return node.op().equals(PRODUCT)
                && node.operands().size() == 2
                && program.nodes().stream()
                                .filter(other -> other.operands()
                                        .contains(node.operands().get(1)))
                                .count()
                        == 1;
    }

    private Program.Node joined(List<Program.Node> group) {
        List<Program.Input> each = group.stream()
                .map(node -> program.inputs().get(node.operands().get(1)))
                .toList();
        List<Dim> sizes = each.stream().map(weight -> weight.type().dim(0)).toList();
        Program.Input first = each.get(0);
        Dim all = sizes.stream().reduce(Dim::plus).orElseThrow();
        TensorType type = first.type().as(List.of(all, first.type().dim(1)));
        inputs.set(first.id(), new Program.Input(first.name(), type, first.id()));
        each.forEach(weight -> weights.remove(weight.name()));
        weights.put(
                first.name(), new Packed(each.stream().map(Program.Input::name).toList(), false));
        return new Program.Node(
                LinearAlgebra.joined(sizes),
                group.get(0).operands(),
                group.stream().map(node -> node.results().get(0)).toList());
    }
}
