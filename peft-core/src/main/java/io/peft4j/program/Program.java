package io.peft4j.program;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A recorded computation: inputs, operations in order, outputs. It is a value: programs of equal structure are equal,
 * whatever their inputs are called, and are compiled once.
 *
 * @param inputs the inputs in order; their numbers are 0, 1, …
 * @param nodes the operations; every operand is an input or a result of an earlier one
 * @param outputs the numbers of the returned values
 * @param additions what is added to inputs in place, which is how gradients reach their buffer
 */
public record Program(List<Input> inputs, List<Node> nodes, List<Integer> outputs, List<Addition> additions) {

    /**
     * An input of a program.
     *
     * @param name for readers; no part of the program's identity
     * @param type what may be passed for it
     * @param id its number
     */
    public record Input(String name, TensorType type, int id) {

        /** Returns the named sizes that are a dimension of their own, perhaps with a number added. */
        private Set<String> sizes() {
            return type.shape().stream()
                    .flatMap(dim -> dim.shiftedName().stream())
                    .collect(Collectors.toSet());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Input input && id == input.id && type.equals(input.type);
        }

        @Override
        public int hashCode() {
            return 31 * type.hashCode() + id;
        }
    }

    /** An operation, the numbers of its operands and of its results. */
    record Node(Op op, List<Integer> operands, List<Integer> results) {}

    /** A value that is added to an input in place. */
    record Addition(int input, int value) {}

    public Program {
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        additions = List.copyOf(additions);
    }

    /** Returns the program without what the outputs do not need, its values renumbered. */
    static Program of(
            List<Input> inputs, List<Node> nodes, List<Integer> outputs, List<Addition> additions, int values) {
        BitSet needed = new BitSet(values);
        outputs.forEach(needed::set);
        additions.forEach(addition -> {
            needed.set(addition.input());
            needed.set(addition.value());
        });
        List<Node> live = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (node.results().stream().anyMatch(needed::get)) {
                node.operands().forEach(needed::set);
                live.add(0, node);
            }
        }
        keepSizes(inputs, live, needed);
        Map<Integer, Integer> numbers = new HashMap<>();
        List<Input> used = new ArrayList<>();
        for (Input input : inputs) {
            if (needed.get(input.id())) {
                used.add(new Input(input.name(), input.type(), numbers.size()));
                numbers.put(input.id(), numbers.size());
            }
        }
        List<Node> renumbered = new ArrayList<>();
        for (Node node : live) {
            List<Integer> operands = node.operands().stream().map(numbers::get).toList();
            node.results().forEach(result -> numbers.put(result, numbers.size()));
            renumbered.add(new Node(
                    node.op(),
                    operands,
                    node.results().stream().map(numbers::get).toList()));
        }
        return new Program(
                used,
                renumbered,
                outputs.stream().map(numbers::get).toList(),
                additions.stream()
                        .map(a -> new Addition(
                                Objects.requireNonNull(numbers.get(a.input())),
                                Objects.requireNonNull(numbers.get(a.value()))))
                        .toList());
    }

    /** Keeps an input that nothing computes with if only its shape tells a size that some operation needs. */
    private static void keepSizes(List<Input> inputs, List<Node> live, BitSet needed) {
        Set<String> known = new HashSet<>();
        inputs.stream().filter(input -> needed.get(input.id())).forEach(input -> known.addAll(input.sizes()));
        Set<String> wanted = new TreeSet<>();
        live.forEach(node -> wanted.addAll(node.op().sizes()));
        wanted.removeAll(known);
        for (String name : wanted) {
            inputs.stream()
                    .filter(input -> input.sizes().contains(name))
                    .findFirst()
                    .ifPresent(input -> needed.set(input.id()));
        }
    }

    /** Returns the positions of the outputs that depend on some of these inputs. */
    public Set<Integer> dependents(Set<String> names) {
        Set<Integer> reached = new HashSet<>();
        inputs.stream().filter(input -> names.contains(input.name())).forEach(input -> reached.add(input.id()));
        for (Node node : nodes) {
            if (node.operands().stream().anyMatch(reached::contains)) {
                reached.addAll(node.results());
            }
        }
        Set<Integer> positions = new TreeSet<>();
        for (int k = 0; k < outputs.size(); k++) {
            if (reached.contains(outputs.get(k))) {
                positions.add(k);
            }
        }
        return positions;
    }

    /** Returns the names of the inputs in order. */
    public List<String> inputNames() {
        return inputs.stream().map(Input::name).toList();
    }

    /** Returns the types of all values by number. */
    List<TensorType> types() {
        List<TensorType> types =
                new ArrayList<>(inputs.stream().map(Input::type).toList());
        for (Node node : nodes) {
            types.addAll(
                    node.op().infer(node.operands().stream().map(types::get).toList()));
        }
        return types;
    }

    /** Returns the types of the outputs. */
    public List<TensorType> outputTypes() {
        List<TensorType> types = types();
        return outputs.stream().map(types::get).toList();
    }

    /**
     * Returns how many bytes the values of a run take at its fullest, inputs aside, when each is freed after its last use.
     *
     * @param sizes the values of the named sizes
     */
    public long workingBytes(Map<String, Long> sizes) {
        List<TensorType> types = types();
        Map<Integer, Integer> memory = memoryOwners();
        Map<Integer, Integer> lastUse = new HashMap<>();
        for (int n = 0; n < nodes.size(); n++) {
            for (int operand : nodes.get(n).operands()) {
                lastUse.put(memory.getOrDefault(operand, operand), n);
            }
        }
        outputs.forEach(output -> lastUse.put(memory.getOrDefault(output, output), nodes.size()));
        Map<Integer, Long> live = new HashMap<>();
        long largest = 0;
        for (int n = 0; n < nodes.size(); n++) {
            int now = n;
            nodes.get(n).results().stream()
                    .filter(id -> !memory.containsKey(id))
                    .forEach(id -> live.put(id, types.get(id).bytes(sizes)));
            largest = Math.max(
                    largest, live.values().stream().mapToLong(Long::longValue).sum());
            live.keySet().removeIf(id -> lastUse.getOrDefault(id, now) <= now);
        }
        return largest;
    }

    /**
     * Returns how many multiplications and additions the matrix products of a run take.
     *
     * @param sizes the values of the named sizes
     */
    public double operations(Map<String, Long> sizes) {
        List<TensorType> types = types();
        double sum = 0;
        for (Node node : nodes) {
            List<TensorType> operands = node.operands().stream().map(types::get).toList();
            double terms = node.op().terms(operands).evaluate(sizes);
            sum += 2 * terms * types.get(node.results().get(0)).elements().evaluate(sizes);
        }
        return sum;
    }

    /** Returns for each view the value whose memory it looks at. */
    private Map<Integer, Integer> memoryOwners() {
        Map<Integer, Integer> owners = new HashMap<>();
        for (Node node : nodes) {
            if (node.op().cost() == Op.Cost.VIEW) {
                int operand = node.operands().get(0);
                node.results().forEach(id -> owners.put(id, owners.getOrDefault(operand, operand)));
            }
        }
        return owners;
    }

    /** Returns the first input that has {@code dim} as a dimension, or null. */
    @Nullable
    Input ownerOf(Dim dim) {
        return inputs.stream()
                .filter(input -> input.type().shape().contains(dim))
                .findFirst()
                .orElse(null);
    }

    /** Returns one line per input, operation and output. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        inputs.forEach(input -> text.append("%%%d = input %s: %s%n".formatted(input.id(), input.name(), input.type())));
        List<TensorType> types = types();
        for (Node node : nodes) {
            text.append("%s = %s%s: %s%n"
                    .formatted(
                            node.results().stream().map(id -> "%" + id).collect(Collectors.joining(", ")),
                            node.op().toString().replace("[]", ""),
                            node.operands().stream().map(id -> "%" + id).toList(),
                            types.get(node.results().get(0))));
        }
        additions.forEach(a -> text.append("%%%d += %%%d%n".formatted(a.input(), a.value())));
        return text.append("return ")
                .append(outputs.stream().map(id -> "%" + id).collect(Collectors.joining(", ")))
                .toString();
    }
}
