package io.peft4j.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/** One program per operation of the vocabulary, with inputs on which it is smooth. */
final class OperationCases {

    private static final Dim B = Dim.named("B");
    private static final Dim T = Dim.named("T");

    private OperationCases() {}

    /**
     * A program and arguments for it.
     *
     * @param name of the operation
     * @param types of the inputs; B is 2 and T is 3
     * @param body the function to record
     * @param ids for INT64 inputs, the number at each position
     * @param positive whether floating inputs must be positive
     */
    record Case(
            String name,
            List<TensorType> types,
            Function<List<Tensor>, Tensor> body,
            LongFunction<Long> ids,
            boolean positive) {

        Program program() {
            Recording recording = new Recording();
            List<Tensor> inputs = new ArrayList<>();
            for (TensorType type : types) {
                inputs.add(recording.input("x" + inputs.size(), type));
            }
            return recording.program(List.of(body.apply(inputs)));
        }

        /** Returns the names of the inputs that can have a gradient and that the program uses. */
        List<String> differentiable(Program program) {
            return program.inputs().stream()
                    .filter(input -> input.type().dtype().isFloating())
                    .map(Program.Input::name)
                    .toList();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> all() {
        TensorType x = f(B, T, Dim.of(4));
        List<Case> cases = new ArrayList<>(List.of(
                of("add", in -> in.get(0).add(in.get(1)), x, x),
                of("add, one broadcast", in -> in.get(0).add(in.get(1)), x, f(Dim.of(4))),
                of("subtract, broadcast both ways", in -> in.get(0).subtract(in.get(1)), f(B, Dim.of(1), Dim.of(4)), x),
                of("multiply", in -> in.get(0).multiply(in.get(1)), x, f(Dim.of(4))),
                of("square, one operand twice", in -> in.get(0).multiply(in.get(0)), x),
                positive("divide", in -> in.get(0).divide(in.get(1)), x, f(T, Dim.of(1))),
                of("scale", in -> in.get(0).scale(-2.5), x),
                of("shift", in -> in.get(0).shift(0.5).multiply(in.get(0)), x),
                of("linear", in -> in.get(0).linear(in.get(1)), x, f(5, 4)),
                of("linear with bias", in -> in.get(0).linear(in.get(1), in.get(2)), x, f(5, 4), f(5)),
                of("linear of a matrix", in -> in.get(0).linear(in.get(1)), f(T, Dim.of(4)), f(5, 4)),
                of(
                        "LoRA",
                        in -> in.get(0)
                                .linear(in.get(1), in.get(2))
                                .add(in.get(0)
                                        .linear(in.get(3))
                                        .linear(in.get(4))
                                        .scale(2)),
                        x,
                        f(5, 4),
                        f(5),
                        f(2, 4),
                        f(5, 2)),
                of("outerSum", in -> in.get(0).outerSum(in.get(1)), x, f(B, T, Dim.of(5))),
                of("reshape", in -> in.get(0).reshape(B.times(T), Dim.of(4)).multiply(in.get(1)), x, f(4)),
                of("permute", in -> in.get(0).permute(2, 0, 1).multiply(in.get(1)), x, f(T)),
                of("expand", in -> in.get(0).expand(List.of(B, T, Dim.of(4))).multiply(in.get(1)), f(T, Dim.of(1)), x),
                of(
                        "slice",
                        in -> in.get(0)
                                .slice(1, Dim.of(1), T)
                                .multiply(in.get(0).slice(1, Dim.of(1), T)),
                        x),
                of("slice of features", in -> in.get(0).slice(2, Dim.of(1), Dim.of(3)), x),
                of(
                        "concat",
                        in -> in.get(0).concat(1, in.get(1)).multiply(in.get(2)),
                        x,
                        f(B, Dim.of(2), Dim.of(4)),
                        f(4)),
                of(
                        "join",
                        in -> Tensor.join(
                                0,
                                B,
                                List.of(
                                        in.get(0).slice(0, Dim.of(1), B),
                                        in.get(0).slice(0, Dim.of(0), Dim.of(1)).scale(3))),
                        x),
                of("sumTo", in -> in.get(0).sumTo(List.of(T, Dim.of(1))), x),
                of("sum", in -> in.get(0).multiply(in.get(0)).sum(), x),
                of(
                        "cast",
                        in -> in.get(0).cast(DType.FLOAT64).cast(DType.FLOAT32).scale(3),
                        x),
                ids("embedding", in -> in.get(0).embedding(in.get(1)), i -> (i * 5) % 6, f(6, 4), i(B, T)),
                ids(
                        "crossEntropy",
                        in -> in.get(0).crossEntropy(in.get(1)),
                        i -> i == 1 ? -100L : i % 4,
                        f(B.times(T), Dim.of(4)),
                        i(B.times(T)),
                        i(B, T)),
                of("layerNorm", in -> in.get(0).layerNorm(in.get(1), in.get(2), 1e-5), x, f(4), f(4)),
                of("rmsNorm", in -> in.get(0).rmsNorm(in.get(1), 1e-5), x, f(4)),
                of("softmax", in -> in.get(0).softmax(), x),
                ids(
                        "attention",
                        in -> in.get(0)
                                .attention(
                                        in.get(1),
                                        in.get(2),
                                        in.get(3).cast(DType.FLOAT32).shift(-1).scale(1e9),
                                        0.7),
                        i -> i % 5 == 3 ? 0L : 1L,
                        heads(T),
                        heads(Dim.named("S")),
                        heads(Dim.named("S")),
                        i(B, Dim.of(1), Dim.of(1), Dim.named("S"))),
                ids(
                        "rotate",
                        in -> in.get(0).rotate(angles(in.get(1), 0.6), angles(in.get(1), 0.8)),
                        i -> i % 2,
                        x,
                        i(T, Dim.of(4))),
                of(
                        "causalMask",
                        in -> in.get(0).multiply(in.get(0).causalMask(T, Dim.named("S"), 2)),
                        f(B, T, Dim.named("S"))),
                of(
                        "reshape, a size that inputs have with a number added",
                        in -> in.get(0)
                                .reshape(B.times(T.plus(Dim.of(2))), Dim.of(3))
                                .scale(2),
                        f(B, T.plus(Dim.of(2)), Dim.of(3))),
                of(
                        "full",
                        in -> in.get(0)
                                .add(in.get(0).full(2.5, in.get(0).type().shape()))
                                .multiply(in.get(0)),
                        x),
                of("zeros", in -> in.get(0).add(in.get(0).zeros()).multiply(in.get(0)), x)));
        cases.addAll(indexing());
        for (Activation function : Activation.values()) {
            boolean positive = function == Activation.LOG || function == Activation.SQRT;
            cases.add(new Case(
                    "activation " + function, List.of(x), in -> in.get(0).activation(function), i -> i, positive));
        }
        for (boolean left : new boolean[] {false, true}) {
            for (boolean right : new boolean[] {false, true}) {
                Dim three = Dim.of(3);
                cases.add(of(
                        "matMul, transposed %s %s".formatted(left, right),
                        in -> in.get(0).matMul(in.get(1), left, right),
                        left ? f(B, T, three) : f(B, three, T),
                        right ? f(B, Dim.of(2), T) : f(B, T, Dim.of(2))));
            }
        }
        return cases.stream();
    }

    /** Whole numbers have no gradient, so each case looks rows of a table up by them. */
    private static List<Case> indexing() {
        Dim s = Dim.named("S");
        TensorType table = f(40, 2);
        return List.of(
                of("range", in -> in.get(0).embedding(in.get(0).range(s)), table, f(s)),
                ids("textPositions", in -> in.get(0).embedding(in.get(1).textPositions(1)), i -> i % 3, table, i(B, s)),
                ids(
                        "textPositions behind others",
                        in -> in.get(0).embedding(in.get(1).textPositions(0, 1)),
                        i -> i % 2,
                        table,
                        i(B, s)),
                ids(
                        "positions",
                        in -> in.get(0).embedding(in.get(1).positions(2)),
                        i -> i % 5 < 2 ? 0L : 1L,
                        table,
                        i(B, s)),
                of("differs", in -> in.get(0).embedding(in.get(1).differs(3)), table, i(B, s)),
                of(
                        "turns",
                        in -> {
                            List<Tensor> turns = in.get(1).turns(List.of(1.0, 0.1));
                            return in.get(0).rotate(turns.get(0), turns.get(1));
                        },
                        f(B, s, Dim.of(4)),
                        i(s)),
                ids(
                        "linearCrossEntropy",
                        in -> in.get(0)
                                .recording()
                                .applyAll(LinearCrossEntropy.FORWARD, in.get(0), in.get(1), in.get(2))
                                .get(0),
                        i -> i == 1 ? -100L : i,
                        f(s, Dim.of(3)),
                        f(7, 3),
                        i(s)),
                ids(
                        "lastOnes",
                        in -> in.get(0).embedding(in.get(1).lastOnes()),
                        i -> i % 5 < 2 ? 1L : 0L,
                        table,
                        i(B, s)),
                of(
                        "largest",
                        in -> in.get(0)
                                .reshape(in.get(0).type().elements(), Dim.of(1))
                                .embedding(in.get(0).detach().largest()),
                        f(B, s, Dim.of(4))),
                ids(
                        "shiftRight",
                        in -> in.get(0).embedding(in.get(1).shiftRight(7, 9)),
                        i -> i % 3 == 1 ? -100L : i,
                        table,
                        i(B, s)),
                of(
                        "distanceBuckets, both directions",
                        in -> in.get(0).embedding(in.get(0).distanceBuckets(T, s.times(Dim.of(8)), true, 16, 32)),
                        table,
                        f(T, s)),
                of(
                        "distanceBuckets, one direction",
                        in -> in.get(0).embedding(in.get(0).distanceBuckets(T, s.times(Dim.of(8)), false, 16, 24)),
                        table,
                        f(T, s)));
    }

    private static Tensor angles(Tensor ids, double value) {
        return ids.cast(DType.FLOAT32).scale(0).shift(value);
    }

    private static Case of(String name, Function<List<Tensor>, Tensor> body, TensorType... types) {
        return new Case(name, Arrays.asList(types), body, i -> i, false);
    }

    private static Case positive(String name, Function<List<Tensor>, Tensor> body, TensorType... types) {
        return new Case(name, Arrays.asList(types), body, i -> i, true);
    }

    private static Case ids(
            String name, Function<List<Tensor>, Tensor> body, LongFunction<Long> ids, TensorType... types) {
        return new Case(name, Arrays.asList(types), body, ids, false);
    }

    private static TensorType heads(Dim tokens) {
        return f(B, Dim.of(2), tokens, Dim.of(4));
    }

    private static TensorType f(Dim... shape) {
        return TensorType.of(DType.FLOAT32, shape);
    }

    private static TensorType f(long... shape) {
        return TensorType.of(DType.FLOAT32, shape);
    }

    private static TensorType i(Dim... shape) {
        return TensorType.of(DType.INT64, shape);
    }
}
