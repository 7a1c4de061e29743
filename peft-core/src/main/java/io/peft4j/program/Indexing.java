package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/** Operations that compute where things are: whole numbers, which have no gradient. */
final class Indexing {

    /** For a mask [B, T] of ones and zeros: the number of each row's last one, all rows counted through: [B]. */
    static final Op LAST_ONES = Definition.of("lastOnes")
            .types(x -> TensorType.of(DType.INT64, matrix(x).dim(0)))
            .script(s -> "__torch__.last_ones(%s)".formatted(s.operand(0)))
            .interpret(f -> {
                NDArray mask = f.operand(0);
                int columns = Math.toIntExact(mask.getShape().get(1));
                long[] ones = mask.toLongArray();
                long[] last = new long[ones.length / columns];
                for (int row = 0; row < last.length; row++) {
                    last[row] = (long) row * columns;
                    for (int t = 0; t < columns; t++) {
                        last[row] = ones[row * columns + t] == 1 ? (long) row * columns + t : last[row];
                    }
                }
                return f.manager().create(last);
            });

    /** For x [B, T, D]: which of the T is the largest for each text and feature, all numbers counted through: [B, D]. */
    static final Op LARGEST = Definition.of("largest")
            .types(x -> {
                TensorType type = x.get(0);
                Op.check(type.rank() == 3 && type.dtype().isFloating(), "floating [B, T, D] is needed: %s", type);
                return TensorType.of(DType.INT64, type.dim(0), type.dim(2));
            })
            .script(s -> "__torch__.largest(%s)".formatted(s.operand(0)))
            .interpret(f -> {
                NDArray x = f.operand(0);
                int rows = Math.toIntExact(x.getShape().get(1));
                int width = Math.toIntExact(x.getShape().get(2));
                Number[] values = x.toArray();
                long[] largest = new long[values.length / rows];
                for (int i = 0; i < largest.length; i++) {
                    int first = i / width * rows * width + i % width;
                    largest[i] = first;
                    for (int at = first; at < first + rows * width; at += width) {
                        boolean larger = values[at].doubleValue() > values[Math.toIntExact(largest[i])].doubleValue();
                        largest[i] = larger ? at : largest[i];
                    }
                }
                return f.manager().create(largest, new Shape(x.getShape().get(0), width));
            });

    private Indexing() {}

    /** For a mask [B, T] of ones and zeros: how many ones are before each one, and {@code before}; 0 at zeros. */
    static Op positions(long before) {
        return Definition.of("positions", before)
                .types(Indexing::matrix)
                .script(s -> "__torch__.positions(%s, %d)".formatted(s.operand(0), before))
                .interpret(f -> eachRow(f, (mask, positions) -> {
                    long count = before;
                    for (int t = 0; t < mask.length; t++) {
                        positions[t] = mask[t] * count;
                        count += mask[t];
                    }
                }));
    }

    /** 1 where ids are not {@code id}, 0 where they are. */
    static Op differs(long id) {
        return Definition.of("differs", id)
                .types(Indexing::matrix)
                .script(s -> "torch.ne(%s, %d).to(4)".formatted(s.operand(0), id))
                .interpret(f -> eachRow(f, (ids, differs) -> Arrays.setAll(differs, t -> ids[t] == id ? 0 : 1)));
    }

    /** 0, 1, …, size − 1. */
    static Op range(Dim size) {
        return Definition.of("range", size)
                .types(x -> TensorType.of(DType.INT64, size))
                .script(s -> "torch.arange(%s, device=%s.device)".formatted(s.size(size), s.anyInput()))
                .interpret(f -> {
                    long[] numbers = new long[Math.toIntExact(f.size(size))];
                    Arrays.setAll(numbers, i -> i);
                    return f.manager().create(numbers);
                })
                .sizes(List.of(size));
    }

    /**
     * For ids [B, T]: how many ids up to here are no padding, plus how many came before and the padding's own id, which
     * padding itself has.
     */
    static Op textPositions(long padding, long before) {
        return Definition.of("textPositions", padding, before)
                .types(Indexing::matrix)
                .script(s -> "__torch__.text_positions(%s, %d, %d)".formatted(s.operand(0), padding, before))
                .interpret(f -> eachRow(f, (ids, positions) -> {
                    long count = 0;
                    for (int t = 0; t < ids.length; t++) {
                        boolean text = ids[t] != padding;
                        count += text ? 1 : 0;
                        positions[t] = padding + (text ? before + count : 0);
                    }
                }));
    }

    /** For labels [B, T]: a start id and all labels but the last, with padding in the place of −100. */
    static Op shiftRight(long start, long padding) {
        return Definition.of("shiftRight", start, padding)
                .types(Indexing::matrix)
                .script(s -> "__torch__.shift_right(%s, %d, %d)".formatted(s.operand(0), start, padding))
                .interpret(f -> eachRow(f, (labels, shifted) -> {
                    shifted[0] = start;
                    for (int t = 1; t < labels.length; t++) {
                        shifted[t] = labels[t - 1] == Lookup.IGNORED ? padding : labels[t - 1];
                    }
                }));
    }

    /**
     * Which of some buckets the distance of a query to a key falls into: [queries, keys] (Raffel et al. 2020).
     *
     * <p>Half of the buckets hold one distance each, the others grow with its logarithm up to {@code farthest}. With both
     * directions, half of all buckets are for keys after the query; else those keys count as distance 0. The last query
     * is at the last key.
     */
    static Op distanceBuckets(Dim queries, Dim keys, boolean bothDirections, long buckets, long farthest) {
        long side = bothDirections ? buckets / 2 : buckets;
        long exact = side / 2;
        double growth = Math.log((double) farthest / exact);
        return Definition.of("distanceBuckets", queries, keys, bothDirections, buckets, farthest)
                .types(x -> TensorType.of(DType.INT64, queries, keys))
                .script(s -> "__torch__.distance_buckets(%s, %s, %s, %d, %s, %s.device)"
                        .formatted(
                                s.size(queries),
                                s.size(keys),
                                bothDirections ? "True" : "False",
                                side,
                                Script.number(growth),
                                s.anyInput()))
                .interpret(f -> {
                    int n = Math.toIntExact(f.size(queries));
                    int m = Math.toIntExact(f.size(keys));
                    long[] numbers = new long[n * m];
                    for (int i = 0; i < n; i++) {
                        for (int j = 0; j < m; j++) {
                            numbers[i * m + j] = bucket(j - (i + m - n), bothDirections, side, growth);
                        }
                    }
                    return f.manager().create(numbers, new Shape(n, m));
                })
                .sizes(List.of(queries, keys));
    }

    /** Rounds to single precision where the reference does, since limits of buckets lie on whole numbers. */
    private static long bucket(long offset, boolean bothDirections, long side, double growth) {
        long first = bothDirections && offset > 0 ? side : 0;
        long distance = bothDirections ? Math.abs(offset) : Math.max(-offset, 0);
        long exact = side / 2;
        if (distance < exact) {
            return first + distance;
        }
        float share = (float) Math.log((float) distance / exact) / (float) growth;
        return first + Math.min(side - 1, exact + (long) (share * (side - exact)));
    }

    /** Fills a row of the result from a row of the operand. */
    private interface RowFunction {
        void apply(long[] row, long[] result);
    }

    private static NDArray eachRow(Interpreter.Frame f, RowFunction function) {
        NDArray operand = f.operand(0);
        int columns = Math.toIntExact(operand.getShape().get(1));
        long[] values = operand.toLongArray();
        long[] results = new long[values.length];
        for (int from = 0; from < values.length; from += columns) {
            long[] result = new long[columns];
            function.apply(Arrays.copyOfRange(values, from, from + columns), result);
            System.arraycopy(result, 0, results, from, columns);
        }
        return f.manager().create(results, operand.getShape());
    }

    private static TensorType matrix(List<TensorType> x) {
        Op.check(x.get(0).rank() == 2 && x.get(0).dtype() == DType.INT64, "INT64 [B, T] is needed: %s", x.get(0));
        return x.get(0);
    }
}
