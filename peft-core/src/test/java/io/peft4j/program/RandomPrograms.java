package io.peft4j.program;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * Programs of random operations over [B, T, 4]: each takes one or two earlier values, and the last value is the output.
 *
 * <p>Operations are chosen so that values stay small and derivatives smooth.
 */
final class RandomPrograms {

    private static final Dim B = Dim.named("B");
    private static final Dim T = Dim.named("T");
    private static final Dim WIDTH = Dim.of(4);
    private static final Dim ONE = Dim.of(1);

    /** A choice of an operation and of its operands. */
    private record Step(int operation, int a, int b) {}

    private final Recording recording = new Recording();
    private final List<Tensor> values = new ArrayList<>();
    private final Tensor w = input("w", WIDTH, WIDTH);
    private final Tensor bias = input("bias", WIDTH);
    private final Tensor scale = input("scale", WIDTH);
    private final Tensor loraA = input("A", Dim.of(2), WIDTH);
    private final Tensor loraB = input("B", WIDTH, Dim.of(2));
    private final Tensor ids = recording.input("ids", TensorType.of(DType.INT64, B, T));
    private final Tensor table = input("table", Dim.of(6), WIDTH);
    private final List<BiFunction<Tensor, Tensor, Tensor>> operations = List.of(
            Tensor::add,
            Tensor::subtract,
            (a, b) -> a.multiply(b.activation(Activation.TANH)),
            (a, b) -> a.divide(b.multiply(b).shift(1)),
            (a, b) -> a.scale(-0.7).add(b.scale(1.5)),
            (a, b) -> a.activation(Activation.GELU),
            (a, b) -> a.activation(Activation.SILU).multiply(b.activation(Activation.SIGMOID)),
            (a, b) -> a.linear(w),
            (a, b) -> a.linear(w, bias).add(b),
            (a, b) -> a.linear(w).add(a.linear(loraA).linear(loraB).scale(2)),
            (a, b) -> a.layerNorm(scale, bias, 0.1),
            (a, b) -> a.add(b).rmsNorm(scale, 0.1),
            (a, b) -> a.matMul(b, false, true).softmax().matMul(b),
            (a, b) -> a.matMul(a.matMul(b, true, false).scale(0.3)),
            (a, b) -> merge(split(a).attention(split(b), split(a), mask(), 0.7)),
            (a, b) -> a.slice(2, Dim.of(1), WIDTH).concat(2, b.slice(2, Dim.of(0), ONE)),
            (a, b) -> a.slice(1, Dim.of(1), T).concat(1, b.slice(1, Dim.of(0), ONE)),
            (a, b) -> a.multiply(b.sumTo(List.of(WIDTH)).activation(Activation.TANH)),
            (a, b) -> a.linear(a.outerSum(b).scale(0.1)),
            (a, b) -> a.add(table.embedding(ids)),
            (a, b) -> a.add(scale.expand(List.of(B, T, WIDTH)))
                    .cast(DType.FLOAT64)
                    .cast(DType.FLOAT32),
            (a, b) -> a.multiply(a).shift(1).activation(Activation.LOG).add(b.activation(Activation.SOFTPLUS)),
            (a, b) -> a.matMul(b, false, true).multiply(a.causalMask(T, T, 2)).matMul(b),
            (a, b) -> rotated(a).add(b),
            (a, b) -> Tensor.join(0, B, List.of(a.slice(0, Dim.of(1), B), b.slice(0, Dim.of(0), ONE))),
            (a, b) -> a.multiply(a.full(0.5, List.of(B, T, WIDTH))).add(b.sum().activation(Activation.TANH)),
            (a, b) -> a.multiply(rows(b.linear(table)).crossEntropy(flatIds()).activation(Activation.TANH)),
            (a, b) -> a.multiply(linearCrossEntropy(b).activation(Activation.TANH)),
            (a, b) -> a.add(nextTokenLoss(b).activation(Activation.TANH)),
            (a, b) -> a.add(table.embedding(ids.range(T))),
            (a, b) -> a.add(table.embedding(ids.textPositions(1))),
            (a, b) -> a.add(table.embedding(ids.differs(0).positions(1))),
            (a, b) -> a.add(table.embedding(ids.shiftRight(2, 0))),
            (a, b) -> a.add(rows(b).embedding(ids.differs(0).lastOnes()).reshape(B, ONE, WIDTH)),
            (a, b) -> a.add(
                    table.embedding(table.distanceBuckets(T, T, false, 6, 8)).sumTo(List.of(ONE, T, WIDTH))));

    private RandomPrograms() {
        values.add(input("x", B, T, WIDTH));
        values.add(input("y", B, T, WIDTH));
    }

    /** Returns programs of two to ten steps. */
    static Arbitrary<Program> any() {
        Arbitrary<Integer> number = Arbitraries.integers().between(0, 1000);
        return Combinators.combine(number, number, number)
                .as(Step::new)
                .list()
                .ofMinSize(2)
                .ofMaxSize(10)
                .map(steps -> new RandomPrograms().record(steps));
    }

    /** Two steps in three go on from the latest value, so that programs are deep as well as wide. */
    private Program record(List<Step> steps) {
        for (Step step : steps) {
            Tensor a = step.a() % 3 == 0 ? values.get(step.a() % values.size()) : values.get(values.size() - 1);
            Tensor b = values.get(step.b() % values.size());
            values.add(operations.get(step.operation() % operations.size()).apply(a, b));
        }
        return recording.program(List.of(values.get(values.size() - 1).add(values.get(0))));
    }

    private Tensor input(String name, Dim... shape) {
        return recording.input(name, TensorType.of(DType.FLOAT32, shape));
    }

    /** Returns one program of each operation that programs are made of. */
    static List<Program> each() {
        return IntStream.range(0, new RandomPrograms().operations.size())
                .mapToObj(operation -> new RandomPrograms().record(List.of(new Step(operation, 0, 1))))
                .toList();
    }

    private static Tensor rows(Tensor x) {
        return x.reshape(B.times(T), x.dim(2));
    }

    private Tensor flatIds() {
        return ids.reshape(B.times(T));
    }

    private Tensor rotated(Tensor x) {
        List<Tensor> turns = ids.turns(List.of(1.0, 0.1));
        return x.rotate(turns.get(0), turns.get(1));
    }

    private Tensor linearCrossEntropy(Tensor x) {
        return recording
                .applyAll(LinearCrossEntropy.FORWARD, rows(x), table, flatIds())
                .get(0);
    }

    private Tensor nextTokenLoss(Tensor x) {
        List<Tensor> targets = ids.targets(1);
        return rows(x).embedding(targets.get(0)).linear(table).crossEntropy(targets.get(1));
    }

    /** Returns two heads [B, 2, T, 2]. */
    private static Tensor split(Tensor x) {
        return x.reshape(B, T, Dim.of(2), Dim.of(2)).permute(0, 2, 1, 3);
    }

    private static Tensor merge(Tensor x) {
        return x.permute(0, 2, 1, 3).reshape(B, T, WIDTH);
    }

    private Tensor mask() {
        return table.zeros(List.of(ONE, ONE, T, T));
    }
}
