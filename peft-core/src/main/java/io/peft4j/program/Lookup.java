package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Rows of a table by their numbers, and the loss of picking a label. */
final class Lookup {

    /** The label that does not count. */
    static final long IGNORED = -100;

    /** The size that {@link #targets} finds out. */
    static final String TARGETS = "N";

    /**
     * Row ids[i] of a table for each i.
     *
     * <ul>
     *   <li>table: [V, D], ids: [...] INT64
     *   <li>result: [..., D]
     * </ul>
     */
    static final Op EMBEDDING = Definition.of("embedding")
            .types(x -> {
                TensorType table = x.get(0);
                Op.check(table.rank() == 2 && x.get(1).dtype() == DType.INT64, "embedding of %s", x);
                List<Dim> shape = new ArrayList<>(x.get(1).shape());
                shape.add(table.dim(1));
                return table.as(shape);
            })
            .script(s -> "torch.embedding(%s, %s)".formatted(s.operand(0), s.operand(1)))
            .interpret(f -> f.operand(0).get(f.operand(1).flatten()).reshape(new Shape(f.shape(0))))
            .gradient((g, x, y) ->
                    Arrays.asList(g.recording().apply(addRows(x.get(0).dim(0)), g, x.get(1)), null));

    /** The summed cross-entropy −Σ log softmax(logits)[label] over the rows whose label is not −100. */
    static final Op CROSS_ENTROPY = Definition.of("crossEntropy")
            .types(x -> {
                TensorType logits = x.get(0);
                Op.check(
                        logits.rank() == 2
                                && x.get(1).dtype() == DType.INT64
                                && x.get(1).shape().equals(logits.leading(1)),
                        "cross-entropy of logits [N, C] and labels [N]: %s",
                        x);
                return TensorType.of(logits.dtype(), new Dim[0]);
            })
            .script(s -> "torch.cross_entropy_loss(%s, None, 2, %d)".formatted(s.operands(), IGNORED))
            .interpret(f -> {
                NDArray logits = f.operand(0);
                return logits.logSoftmax(-1).mul(oneHot(f, 1, logits)).sum().neg();
            })
            .gradient((g, x, y) ->
                    Arrays.asList(g.recording().apply(Lookup.CROSS_ENTROPY_GRADIENT, g, x.get(0), x.get(1)), null));

    /** g·(softmax(logits) − one-hot(label)) for rows whose label counts, 0 for the others. */
    static final Op CROSS_ENTROPY_GRADIENT = Definition.of("crossEntropyGradient")
            .types(x -> x.get(1))
            .script(s -> "__torch__.cross_entropy_backward(%s, %d)".formatted(s.operands(), IGNORED))
            .interpret(f -> {
                NDArray logits = f.operand(1);
                NDArray target = oneHot(f, 2, logits);
                NDArray counts = target.sum(new int[] {1}, true);
                return logits.softmax(-1).mul(counts).sub(target).mul(f.operand(0));
            });

    private Lookup() {}

    /**
     * The rows that have something to predict, and what: of labels [B, T] those {@code ahead} columns later that are not
     * −100. How many there are is known after the operation alone.
     */
    static Op targets(int ahead) {
        TensorType result = TensorType.of(DType.INT64, Dim.named(TARGETS));
        return Definition.of("targets", ahead)
                .manyTypes(x -> {
                    Op.check(
                            x.get(0).rank() == 2 && x.get(0).dtype() == DType.INT64, "targets of labels [B, T]: %s", x);
                    return List.of(result, result);
                })
                .script(s -> "__torch__.targets(%s, %d, %d)".formatted(s.operand(0), ahead, IGNORED))
                .interpretMany(f -> {
                    long[] labels = f.operand(0).toLongArray();
                    int columns = Math.toIntExact(f.operand(0).getShape().get(1));
                    long[] rows = LongStream.range(0, labels.length)
                            .filter(i -> i % columns + ahead < columns && labels[(int) i + ahead] != IGNORED)
                            .toArray();
                    long[] ids = LongStream.of(rows)
                            .map(row -> labels[(int) row + ahead])
                            .toArray();
                    return new NDList(f.manager().create(rows), f.manager().create(ids));
                });
    }

    /**
     * A table of zeros in which row ids[i] got g[i] added for each i.
     *
     * <ul>
     *   <li>g: [..., D], ids: [...] INT64
     *   <li>result: [rows, D]
     * </ul>
     */
    static Op addRows(Dim rows) {
        return Definition.of("addRows", rows)
                .types(x -> TensorType.of(x.get(0).dtype(), rows, x.get(0).dim(-1)))
                .script(s -> "torch.zeros(%s, dtype=%d, device=%s.device).index_add(0, %s.reshape(-1), %s)"
                        .formatted(
                                s.shape(0),
                                s.operandType(0).dtype().scalarType(),
                                s.operand(0),
                                s.operand(1),
                                s.rows(0)))
                .interpret(f -> {
                    NDArray g = f.operand(0);
                    NDArray values = g.reshape(-1, g.getShape().get(g.getShape().dimension() - 1));
                    NDArray oneHot = f.operand(1).flatten().oneHot(Math.toIntExact(f.shape(0)[0]));
                    return oneHot.toType(g.getDataType(), false).transpose().matMul(values);
                })
                .gradient((g, x, y) -> Arrays.asList(g.embedding(x.get(1)), null))
                .sizes(List.of(rows));
    }

    /** One-hot rows of the labels, all zero where the label is ignored. */
    static NDArray oneHot(Interpreter.Frame f, int labels, NDArray logits) {
        NDArray ids = f.operand(labels);
        NDArray counts = ids.gte(0);
        int classes = Math.toIntExact(logits.getShape().get(1));
        NDArray rows = ids.mul(counts.toType(DataType.INT64, false)).oneHot(classes);
        return rows.toType(logits.getDataType(), false)
                .mul(counts.toType(logits.getDataType(), false).expandDims(1));
    }
}
