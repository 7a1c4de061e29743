package io.peft4j.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of a tensor before a program runs: its element type and the sizes of its dimensions.
 *
 * @param dtype the element type
 * @param shape the dimensions; empty for a scalar
 */
public record TensorType(DType dtype, List<Dim> shape) {

    public TensorType {
        shape = List.copyOf(shape);
    }

    /** Returns the type with the given dimensions. */
    public static TensorType of(DType dtype, Dim... shape) {
        return new TensorType(dtype, List.of(shape));
    }

    /** Returns the type with known dimensions. */
    public static TensorType of(DType dtype, long... shape) {
        List<Dim> dims = new ArrayList<>();
        for (long size : shape) {
            dims.add(Dim.of(size));
        }
        return new TensorType(dtype, dims);
    }

    /** Returns the number of dimensions. */
    public int rank() {
        return shape.size();
    }

    /** Returns a dimension; −1 is the last one. */
    public Dim dim(int axis) {
        return shape.get(axis < 0 ? axis + rank() : axis);
    }

    /** Returns the same shape of another element type. */
    public TensorType as(DType other) {
        return new TensorType(other, shape);
    }

    /** Returns the same element type of another shape. */
    public TensorType as(List<Dim> other) {
        return new TensorType(dtype, other);
    }

    /** Returns the same type with another last dimension. */
    public TensorType withLast(Dim last) {
        return with(rank() - 1, last);
    }

    /** Returns the same type with another dimension at an axis. */
    TensorType with(int axis, Dim size) {
        List<Dim> dims = new ArrayList<>(shape);
        dims.set(axis, size);
        return as(dims);
    }

    /** Returns all dimensions but the last {@code count}. */
    List<Dim> leading(int count) {
        return shape.subList(0, rank() - count);
    }

    /** Returns the number of elements. */
    public Dim elements() {
        return shape.stream().reduce(Dim.of(1), Dim::times);
    }

    /** Returns the size in bytes for given values of the named dimensions. */
    public long bytes(Map<String, Long> sizes) {
        return elements().evaluate(sizes) * dtype.bytes();
    }

    /** Returns a size for comparisons, with every named dimension taken as 64. */
    long typicalBytes() {
        return bytes(typicalSizes());
    }

    /** Returns sizes for comparisons: every named dimension is 64. */
    Map<String, Long> typicalSizes() {
        Map<String, Long> typical = new HashMap<>();
        shape.forEach(dim -> dim.names().forEach(name -> typical.put(name, 64L)));
        return typical;
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
