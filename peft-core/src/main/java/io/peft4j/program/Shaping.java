package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Operations that move, repeat or add up elements along dimensions. */
final class Shaping {

    private Shaping() {}

    /** The same elements in the same order under another shape. */
    static Op reshape(List<Dim> shape) {
        return Definition.of("reshape", shape)
                .types(x -> {
                    TensorType result = x.get(0).as(shape);
                    Op.check(
                            result.elements().equals(x.get(0).elements()),
                            "reshape from %s to %s changes the number of elements",
                            x.get(0).shape(),
                            shape);
                    return result;
                })
                .script(s -> "%s.reshape(%s)".formatted(s.operand(0), s.shape(0)))
                .interpret(f -> f.operand(0).reshape(new Shape(f.shape(0))))
                .gradient((g, x, y) -> List.of(g.reshape(x.get(0).type().shape())))
                .sizes(shape)
                .view();
    }

    /** Dimension i of the result is dimension axes[i] of the operand. */
    static Op permute(List<Integer> axes) {
        List<Integer> inOrder = IntStream.range(0, axes.size()).boxed().toList();
        return Definition.of("permute", axes)
                .types(x -> {
                    Op.check(
                            axes.stream().sorted().toList().equals(inOrder)
                                    && x.get(0).rank() == axes.size(),
                            "permute by %s of %s",
                            axes,
                            x);
                    return x.get(0).as(axes.stream().map(x.get(0)::dim).toList());
                })
                .script(s -> "%s.permute(%s)".formatted(s.operand(0), axes))
                .interpret(f -> f.operand(0)
                        .transpose(axes.stream().mapToInt(Integer::intValue).toArray()))
                .gradient((g, x, y) -> List.of(
                        g.permute(inOrder.stream().mapToInt(axes::indexOf).toArray())))
                .view();
    }

    /** The operand repeated along dimensions of size 1, or along new leading ones. */
    static Op expand(List<Dim> shape) {
        return Definition.of("expand", shape)
                .types(x -> {
                    checkBroadcast(x.get(0).shape(), shape);
                    return x.get(0).as(shape);
                })
                .script(s -> "%s.expand(%s)".formatted(s.operand(0), s.shape(0)))
                .interpret(f -> f.operand(0).broadcast(new Shape(f.shape(0))))
                .gradient((g, x, y) -> List.of(g.sumTo(x.get(0))))
                .sizes(shape)
                .view();
    }

    /** The sum over what broadcasting to the operand's shape would repeat. */
    static Op sumTo(List<Dim> shape) {
        return Definition.of("sumTo", shape)
                .types(x -> {
                    checkBroadcast(shape, x.get(0).shape());
                    return x.get(0).as(shape);
                })
                .script(s -> "%s.sum_to_size(%s)".formatted(s.operand(0), s.shape(0)))
                .interpret(f -> Elementwise.sumTo(f.operand(0), f.shape(0)))
                .gradient((g, x, y) -> List.of(g.expand(x.get(0).type().shape())))
                .sizes(shape);
    }

    /** Elements start to end (exclusive) along an axis. */
    static Op slice(int axis, Dim start, Dim end) {
        return Definition.of("slice", axis, start, end)
                .types(x -> x.get(0).with(axis, end.plus(start.times(Dim.of(-1)))))
                .script(s -> "torch.slice(%s, %d, %s, %s)".formatted(s.operand(0), axis, s.size(start), s.size(end)))
                .interpret(f -> slice(f.operand(0), axis, f.size(start), f.size(end)))
                .gradient((g, x, y) ->
                        List.of(g.recording().apply(place(axis, start, x.get(0).dim(axis)), g)))
                .sizes(List.of(start, end))
                .view();
    }

    /** Zeros of the given size along an axis, with the operand placed at start. */
    static Op place(int axis, Dim start, Dim size) {
        return Definition.of("place", axis, start, size)
                .types(x -> x.get(0).with(axis, size))
                .script(s -> {
                    Dim end = start.plus(s.operandType(0).dim(axis));
                    return "__torch__.place(%s, %s, %d, %s, %s)"
                            .formatted(s.operand(0), s.shape(0), axis, s.size(start), s.size(end));
                })
                .interpret(f -> {
                    NDArray x = f.operand(0);
                    long rest = f.size(size) - f.size(start) - x.getShape().get(axis);
                    return zeros(x, axis, f.size(start)).concat(x, axis).concat(zeros(x, axis, rest), axis);
                })
                .gradient((g, x, y) ->
                        List.of(g.slice(axis, start, start.plus(x.get(0).dim(axis)))))
                .sizes(List.of(start, size));
    }

    /** The operands one after another along an axis. */
    static Op concat(int axis) {
        return concat(Definition.of("concat", axis), axis, Shaping::sum);
    }

    /** The operands one after another along an axis, where their sizes are known to add up to {@code size}. */
    static Op join(int axis, Dim size) {
        return concat(Definition.of("join", axis, size), axis, sizes -> size);
    }

    private static Dim sum(List<Dim> sizes) {
        return sizes.stream().reduce(Dim.of(0), Dim::plus);
    }

    private static Op concat(Definition definition, int axis, Function<List<Dim>, Dim> total) {
        return definition
                .types(operands -> {
                    for (TensorType operand : operands) {
                        Op.check(
                                operand.with(axis, Dim.of(0))
                                        .equals(operands.get(0).with(axis, Dim.of(0))),
                                "concat of shapes that differ elsewhere than at %d: %s",
                                axis,
                                operands);
                    }
                    List<Dim> sizes =
                            operands.stream().map(operand -> operand.dim(axis)).toList();
                    return operands.get(0).with(axis, total.apply(sizes));
                })
                .script(s -> "torch.cat([%s], %d)".formatted(s.operands(), axis))
                .interpret(f -> {
                    NDArray joined = f.operand(0);
                    for (int i = 1; i < f.operands(); i++) {
                        joined = joined.concat(f.operand(i), axis);
                    }
                    return joined;
                })
                .gradient((g, x, y) -> {
                    List<Tensor> gradients = new ArrayList<>();
                    Dim start = Dim.of(0);
                    for (Tensor part : x) {
                        Dim end = start.plus(part.dim(axis));
                        gradients.add(g.slice(axis, start, end));
                        start = end;
                    }
                    return gradients;
                });
    }

    /** Zeros. */
    static Op zeros(TensorType type) {
        return Definition.of("zeros", type)
                .types(operands -> type)
                .script(s -> "torch.zeros(%s, dtype=%d, device=%s.device)"
                        .formatted(s.shape(0), type.dtype().scalarType(), s.anyInput()))
                .interpret(f -> f.cast(f.manager().zeros(new Shape(f.shape(0))), type.dtype()))
                .gradient((g, x, y) -> List.of())
                .sizes(type.shape());
    }

    /** One value everywhere. */
    static Op full(double value, TensorType type) {
        return Definition.of("full", value, type)
                .types(operands -> type)
                .script(s -> "torch.full(%s, %s, dtype=%d, device=%s.device)"
                        .formatted(
                                s.shape(0), Script.number(value), type.dtype().scalarType(), s.anyInput()))
                .interpret(f -> {
                    NDArray zeros = f.manager().zeros(new Shape(f.shape(0)), DataType.FLOAT32);
                    return f.cast(zeros.add(value), type.dtype());
                })
                .gradient((g, x, y) -> List.of())
                .sizes(type.shape());
    }

    /** 1 where a query may see a key, 0 elsewhere: keys not after the query, and fewer than window before it. */
    static Op causalMask(DType dtype, Dim queries, Dim keys, long window) {
        return Definition.of("causalMask", dtype, queries, keys, window)
                .types(operands -> TensorType.of(dtype, queries, keys))
                .script(s -> "__torch__.causal_mask(%s, %s, %d, %d, %s.device)"
                        .formatted(s.size(queries), s.size(keys), window, dtype.scalarType(), s.anyInput()))
                .interpret(f -> {
                    int n = Math.toIntExact(f.size(queries));
                    int m = Math.toIntExact(f.size(keys));
                    float[] mask = new float[n * m];
                    for (int i = 0; i < n; i++) {
                        for (int j = 0; j < m; j++) {
                            int distance = i + m - n - j;
                            mask[i * m + j] = distance >= 0 && distance < window ? 1 : 0;
                        }
                    }
                    return f.cast(f.manager().create(mask, new Shape(n, m)), dtype);
                })
                .sizes(List.of(queries, keys));
    }

    private static void checkBroadcast(List<Dim> from, List<Dim> to) {
        boolean fits = from.size() <= to.size();
        for (int i = 1; fits && i <= from.size(); i++) {
            Dim dim = from.get(from.size() - i);
            fits = dim.equals(Dim.of(1)) || dim.equals(to.get(to.size() - i));
        }
        Op.check(fits, "%s does not broadcast to %s", from, to);
    }

    private static NDArray slice(NDArray x, int axis, long start, long end) {
        return x.get(new NDIndex(":,".repeat(axis) + start + ":" + end));
    }

    private static NDArray zeros(NDArray like, int axis, long size) {
        long[] shape = like.getShape().getShape().clone();
        shape[axis] = size;
        return like.getManager().zeros(new Shape(shape), like.getDataType());
    }
}
