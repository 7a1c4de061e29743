package io.peft4j.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The choice which values of a forward program are kept for backward, and which backward computes again.
 *
 * <p>The policy, for a value that backward needs:
 *
 * <ul>
 *   <li>an input of the program is at hand anyway;
 *   <li>a view is taken again;
 *   <li>what costs a matrix product is kept;
 *   <li>anything else (an activation, a norm, a dropout mask, a cast) is computed again if what it is computed from is at
 *       hand or takes less memory than the value itself, else it is kept.
 * </ul>
 */
final class Recomputation {

    private final Recording joint;
    private final int forwardValues;
    private final NavigableSet<Integer> needed = new TreeSet<>();
    private final List<Tensor> kept = new ArrayList<>();

    private Recomputation(Recording joint, int forwardValues) {
        this.joint = joint;
        this.forwardValues = forwardValues;
    }

    /**
     * Plans a backward pass.
     *
     * @param joint forward and backward operations in one recording
     * @param forwardValues the number of values of the forward part, which come first
     * @param wanted the gradients
     */
    static Recomputation plan(Recording joint, int forwardValues, Collection<Tensor> wanted) {
        Recomputation plan = new Recomputation(joint, forwardValues);
        plan.collectNeeded(wanted);
        plan.decide();
        return plan;
    }

    /** Returns the values that the forward program has to return, in a fixed order. */
    List<Tensor> kept() {
        return kept;
    }

    /** Finds the forward values that backward operations, or the gradients themselves, refer to. */
    private void collectNeeded(Collection<Tensor> wanted) {
        TreeSet<Integer> open = new TreeSet<>(wanted.stream().map(Tensor::id).toList());
        while (!open.isEmpty()) {
            int id = open.pollLast();
            if (id < forwardValues) {
                needed.add(id);
            } else if (joint.inputOf(joint.value(id)) == null) {
                open.addAll(joint.producer(joint.value(id)).operands());
            }
        }
    }

    /** Decides from the last value to the first, so that all users of a value are known when its turn comes. */
    private void decide() {
        for (@Nullable Integer id = needed.isEmpty() ? null : needed.last(); id != null; id = needed.lower(id)) {
            Tensor value = joint.value(id);
            if (joint.inputOf(value) != null) {
                continue;
            }
            Program.Node node = joint.producer(value);
            if (isRecomputed(value, node)) {
                needed.addAll(node.operands());
            } else {
                kept.add(value);
            }
        }
        Collections.reverse(kept);
    }

    private boolean isRecomputed(Tensor value, Program.Node node) {
        return switch (node.op().cost()) {
            case VIEW -> true;
            case COSTLY -> false;
            case CHEAP -> {
                long extra =
                        node.operands().stream().mapToLong(this::extraBytes).sum();
                yield extra < bytes(value);
            }
        };
    }

    /** Returns what keeping a value would add: nothing if it is at hand. */
    private long extraBytes(int id) {
        Tensor value = joint.value(id);
        if (needed.contains(id) || joint.inputOf(value) != null) {
            return 0;
        }
        Program.Node node = joint.producer(value);
        return node.op().cost() == Op.Cost.VIEW
                ? node.operands().stream().mapToLong(this::extraBytes).sum()
                : bytes(value);
    }

    /** Returns a size for comparisons, with every named dimension taken as the same number. */
    private static long bytes(Tensor value) {
        return value.type().typicalBytes();
    }
}
