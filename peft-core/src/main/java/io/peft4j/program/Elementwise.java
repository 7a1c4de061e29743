package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Operations on corresponding elements; shapes broadcast from the right as in NumPy. */
final class Elementwise {

    /** x + y. */
    static final Op ADD = Definition.of("add")
            .types(Elementwise::broadcast)
            .script(s -> "torch.add(%s, %s)".formatted(s.operand(0), s.operand(1)))
            .overwriting((s, i) -> "%s.add_(%s)".formatted(s.operand(i), s.operand(1 - i)))
            .interpret(f -> f.operand(0).add(f.operand(1)))
            .gradient((g, x, y) -> List.of(g.sumTo(x.get(0)), g.sumTo(x.get(1))));

    /** x − y. */
    static final Op SUBTRACT = Definition.of("subtract")
            .types(Elementwise::broadcast)
            .script(s -> "torch.sub(%s, %s)".formatted(s.operand(0), s.operand(1)))
            .interpret(f -> f.operand(0).sub(f.operand(1)))
            .gradient((g, x, y) -> List.of(g.sumTo(x.get(0)), g.scale(-1).sumTo(x.get(1))));

    /** x·y, element by element. */
    static final Op MULTIPLY = Definition.of("multiply")
            .types(Elementwise::broadcast)
            .script(s -> "torch.mul(%s, %s)".formatted(s.operand(0), s.operand(1)))
            .overwriting((s, i) -> "%s.mul_(%s)".formatted(s.operand(i), s.operand(1 - i)))
            .interpret(f -> f.operand(0).mul(f.operand(1)))
            .gradient((g, x, y) -> List.of(
                    g.multiply(x.get(1)).sumTo(x.get(0)), g.multiply(x.get(0)).sumTo(x.get(1))));

    /** x/y, element by element. */
    static final Op DIVIDE = Definition.of("divide")
            .types(Elementwise::broadcast)
            .script(s -> "torch.div(%s, %s)".formatted(s.operand(0), s.operand(1)))
            .interpret(f -> f.operand(0).div(f.operand(1)))
            .gradient((g, x, y) -> {
                Tensor quotient = g.divide(x.get(1));
                return List.of(
                        quotient.sumTo(x.get(0)),
                        quotient.multiply(y.get(0)).scale(-1).sumTo(x.get(1)));
            });

    /** x, through which no gradient flows. */
    static final Op DETACH = Definition.of("detach")
            .script(s -> "%s.detach()".formatted(s.operand(0)))
            .interpret(f -> f.operand(0).mul(1))
            .view();

    private Elementwise() {}

    /** c·x for a constant c. */
    static Op scale(double factor) {
        return Definition.of("scale", factor)
                .types(Elementwise::floating)
                .script(s -> "torch.mul(%s, %s)".formatted(s.operand(0), Script.number(factor)))
                .overwriting((s, i) -> "%s.mul_(%s)".formatted(s.operand(0), Script.number(factor)))
                .interpret(f -> f.operand(0).mul(factor))
                .gradient((g, x, y) -> List.of(g.scale(factor)));
    }

    /** x + c for a constant c. */
    static Op shift(double amount) {
        return Definition.of("shift", amount)
                .types(Elementwise::floating)
                .script(s -> "torch.add(%s, %s)".formatted(s.operand(0), Script.number(amount)))
                .overwriting((s, i) -> "%s.add_(%s)".formatted(s.operand(0), Script.number(amount)))
                .interpret(f -> f.operand(0).add(amount))
                .gradient((g, x, y) -> List.of(g));
    }

    /** f(x). */
    static Op apply(Activation f) {
        return Definition.of("apply", f)
                .types(Elementwise::floating)
                .script(s -> f.script(s.operand(0)))
                .overwriting((s, i) -> f.overwriting(s.operand(0)))
                .interpret(frame -> f.interpret(frame.operand(0)))
                .gradient((g, x, y) -> List.of(g.recording().apply(applyGradient(f), g, x.get(0))));
    }

    /** g·f′(x). */
    static Op applyGradient(Activation f) {
        return Definition.of("applyGradient", f)
                .types(Elementwise::broadcast)
                .script(s -> f.gradientScript(s.operand(0), s.operand(1)))
                .overwriting((s, i) -> i == 0 ? f.gradientOverwriting(s.operand(0), s.operand(1)) : null)
                .interpret(frame -> frame.operand(0).mul(f.interpretDerivative(frame.operand(1))));
    }

    /** x in another element type. */
    static Op cast(DType dtype) {
        return Definition.of("cast", dtype)
                .types(x -> x.get(0).as(dtype))
                .script(s -> "%s.to(%d)".formatted(s.operand(0), dtype.scalarType()))
                .interpret(f -> f.cast(f.operand(0), dtype))
                .gradient((g, x, y) -> List.of(g.cast(x.get(0).dtype())));
    }

    /**
     * x with elements zeroed at random with probability p, the others divided by 1 − p; operands x and a seed.
     *
     * <p>The mask is a function of the seed and the site, so backward draws it again instead of keeping it.
     */
    static Op dropout(double probability, int site) {
        return Definition.of("dropout", probability, site)
                .types(x -> {
                    Op.check(x.get(1).dtype() == DType.INT64, "a dropout seed is INT64: %s", x.get(1));
                    return floating(x);
                })
                .script(s -> "__torch__.dropout(%s, %s, %d)".formatted(s.operands(), Script.number(probability), site))
                .gradient(
                        (g, x, y) -> Arrays.asList(g.recording().apply(dropout(probability, site), g, x.get(1)), null));
    }

    private static TensorType floating(List<TensorType> x) {
        Op.check(x.get(0).dtype().isFloating(), "a floating type is needed: %s", x.get(0));
        return x.get(0);
    }

    /** Returns the type that both operands broadcast to. */
    private static TensorType broadcast(List<TensorType> operands) {
        TensorType a = operands.get(0);
        TensorType b = operands.get(1);
        Op.check(a.dtype() == b.dtype(), "operands of different types: %s and %s", a, b);
        List<Dim> shape = new ArrayList<>();
        Dim one = Dim.of(1);
        for (int i = 1; i <= Math.max(a.rank(), b.rank()); i++) {
            Dim x = i <= a.rank() ? a.dim(-i) : one;
            Dim y = i <= b.rank() ? b.dim(-i) : one;
            Op.check(
                    x.equals(y) || x.equals(one) || y.equals(one),
                    "shapes do not broadcast: %s and %s",
                    a.shape(),
                    b.shape());
            shape.add(0, x.equals(one) ? y : x);
        }
        return a.as(shape);
    }

    /** Returns the sum of {@code x} over the axes along which {@code shape} was broadcast to it. */
    static NDArray sumTo(NDArray x, long[] shape) {
        NDArray sum = x;
        while (sum.getShape().dimension() > shape.length) {
            sum = sum.sum(new int[] {0});
        }
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] == 1 && sum.getShape().get(axis) != 1) {
                sum = sum.sum(new int[] {axis}, true);
            }
        }
        return sum;
    }
}
