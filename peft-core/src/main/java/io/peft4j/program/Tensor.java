package io.peft4j.program;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A value of a program that is being recorded; the methods are the vocabulary, each records one operation.
 *
 * <p>A tensor has a type but no numbers. Formulas read from left to right: {@code x.linear(a).linear(b).scale(s)} is
 * s·B·(A·x).
 */
public final class Tensor {

    /** The name of the size that {@link #targets} finds out. */
    public static final String TARGETS = Lookup.TARGETS;

    private final Recording recording;
    private final int id;
    private final TensorType type;

    Tensor(Recording recording, int id, TensorType type) {
        this.recording = recording;
        this.id = id;
        this.type = type;
    }

    Recording recording() {
        return recording;
    }

    int id() {
        return id;
    }

    /** Returns what is known of the tensor. */
    public TensorType type() {
        return type;
    }

    /** Returns the element type. */
    public DType dtype() {
        return type.dtype();
    }

    /** Returns a dimension; −1 is the last one. */
    public Dim dim(int axis) {
        return type.dim(axis);
    }

    /** Returns x + y; shapes broadcast. */
    public Tensor add(Tensor y) {
        return recording.apply(Elementwise.ADD, this, y);
    }

    /** Returns x − y; shapes broadcast. */
    public Tensor subtract(Tensor y) {
        return recording.apply(Elementwise.SUBTRACT, this, y);
    }

    /** Returns x·y element by element; shapes broadcast. */
    public Tensor multiply(Tensor y) {
        return recording.apply(Elementwise.MULTIPLY, this, y);
    }

    /** Returns x/y element by element; shapes broadcast. */
    public Tensor divide(Tensor y) {
        return recording.apply(Elementwise.DIVIDE, this, y);
    }

    /** Returns factor·x. */
    public Tensor scale(double factor) {
        return factor == 1 ? this : recording.apply(Elementwise.scale(factor), this);
    }

    /** Returns x + amount. */
    public Tensor shift(double amount) {
        return amount == 0 ? this : recording.apply(Elementwise.shift(amount), this);
    }

    /** Returns f(x). */
    public Tensor activation(Activation function) {
        return recording.apply(Elementwise.apply(function), this);
    }

    /** Returns x in another element type. */
    public Tensor cast(DType dtype) {
        return dtype == dtype() ? this : recording.apply(Elementwise.cast(dtype), this);
    }

    /** Returns x as a constant: no gradient flows through it. */
    public Tensor detach() {
        return recording.apply(Elementwise.DETACH, this);
    }

    /**
     * Returns x with elements zeroed at random and the others divided by 1 − probability.
     *
     * @param probability of zeroing an element, in [0, 1); 0 records nothing
     * @param seed an INT64 scalar: the same seed draws the same mask
     */
    public Tensor dropout(double probability, Tensor seed) {
        Op.check(probability >= 0 && probability < 1, "dropout probability must be in [0, 1): %s", probability);
        return probability == 0
                ? this
                : recording.apply(Elementwise.dropout(probability, recording.nextDropoutSite()), this, seed);
    }

    /** Returns x·Wᵀ: [..., in] and [out, in] give [..., out]. */
    public Tensor linear(Tensor weight) {
        return recording.apply(LinearAlgebra.linear(false), this, weight);
    }

    /** Returns x·Wᵀ + b: [..., in], [out, in] and [out] give [..., out]. */
    public Tensor linear(Tensor weight, Tensor bias) {
        return recording.apply(LinearAlgebra.linear(false), this, weight, bias);
    }

    /** Returns the sum over rows of the outer products thisᵀ·x: [..., out] and [..., in] give [out, in]. */
    public Tensor outerSum(Tensor x) {
        return recording.apply(LinearAlgebra.OUTER_SUM, this, x);
    }

    /** Returns a·b over the last two dimensions: [..., n, k] and [..., k, m] give [..., n, m]. */
    public Tensor matMul(Tensor b) {
        return matMul(b, false, false);
    }

    /** Returns a·b over the last two dimensions, with either transposed first. */
    public Tensor matMul(Tensor b, boolean transposeThis, boolean transposeOther) {
        return recording.apply(LinearAlgebra.matMul(transposeThis, transposeOther), this, b);
    }

    /** Returns the same elements under another shape. */
    public Tensor reshape(List<Dim> shape) {
        return type.shape().equals(shape) ? this : recording.apply(Shaping.reshape(List.copyOf(shape)), this);
    }

    /** Returns the same elements under another shape. */
    public Tensor reshape(Dim... shape) {
        return reshape(List.of(shape));
    }

    /** Returns the tensor whose dimension i is dimension axes[i] of this one. */
    public Tensor permute(int... axes) {
        List<Integer> order = IntStream.of(axes).boxed().toList();
        List<Integer> identity = IntStream.range(0, type.rank()).boxed().toList();
        return order.equals(identity) ? this : recording.apply(Shaping.permute(order), this);
    }

    /** Returns the tensor repeated along its dimensions of size 1, and along new leading ones. */
    public Tensor expand(List<Dim> shape) {
        return type.shape().equals(shape) ? this : recording.apply(Shaping.expand(List.copyOf(shape)), this);
    }

    /** Returns elements start to end (exclusive) along an axis. */
    public Tensor slice(int axis, Dim start, Dim end) {
        boolean all = start.equals(Dim.of(0)) && end.equals(dim(axis));
        return all ? this : recording.apply(Shaping.slice(axis, start, end), this);
    }

    /** Returns this and the others one after another along an axis. */
    public Tensor concat(int axis, Tensor... others) {
        List<Tensor> parts = new ArrayList<>(List.of(this));
        parts.addAll(List.of(others));
        return recording.apply(Shaping.concat(axis), parts.toArray(Tensor[]::new));
    }

    /** Returns parts one after another along an axis, where their sizes are known to add up to {@code size}. */
    public static Tensor join(int axis, Dim size, List<Tensor> parts) {
        return parts.get(0).recording.apply(Shaping.join(axis, size), parts.toArray(Tensor[]::new));
    }

    /** Returns the sum over what broadcasting {@code other} to this shape would repeat, in the shape of other. */
    public Tensor sumTo(Tensor other) {
        return sumTo(other.type().shape());
    }

    /** Returns the sum over what broadcasting {@code shape} to this shape would repeat. */
    public Tensor sumTo(List<Dim> shape) {
        return type.shape().equals(shape) ? this : recording.apply(Shaping.sumTo(List.copyOf(shape)), this);
    }

    /** Returns the sum of all elements, a scalar. */
    public Tensor sum() {
        return sumTo(List.of());
    }

    /** Returns row ids[i] of this table for each i: [V, D] and [...] give [..., D]. */
    public Tensor embedding(Tensor ids) {
        return recording.apply(Lookup.EMBEDDING, this, ids);
    }

    /** Returns Σ −log softmax(this)[label] over the rows whose label is not −100: [N, C] and [N] give a scalar. */
    public Tensor crossEntropy(Tensor labels) {
        return recording.crossEntropy(this, labels);
    }

    /** Returns (x − mean)/√(variance + epsilon)·scale + shift over the last dimension. */
    public Tensor layerNorm(Tensor scale, Tensor shift, double epsilon) {
        return recording.apply(Normalization.layerNorm(epsilon), this, scale, shift);
    }

    /** Returns x/√(mean(x²) + epsilon)·scale over the last dimension. */
    public Tensor rmsNorm(Tensor scale, double epsilon) {
        return recording.apply(Normalization.rmsNorm(epsilon), this, scale);
    }

    /** Returns exp(x)/Σ exp(x) over the last dimension. */
    public Tensor softmax() {
        return recording.apply(Normalization.SOFTMAX, this);
    }

    /**
     * Returns softmax(scale·q·kᵀ + mask)·v in one operation, of which this is q.
     *
     * <ul>
     *   <li>q: [B, H, T, Hd]; k, v: [B, H, S, Hd]; mask: broadcasts to [B, H, T, S], in the type of q
     *   <li>result: [B, H, T, Hd]
     * </ul>
     */
    public Tensor attention(Tensor k, Tensor v, Tensor mask, double scale) {
        return recording.applyAll(Attention.fused(scale), this, k, v, mask).get(0);
    }

    /** Returns this with each pair (xᵢ, xᵢ₊ₕ), h half the last dimension, turned by the angle in cos and sin. */
    public Tensor rotate(Tensor cos, Tensor sin) {
        return recording.apply(Rotary.rotate(false), this, cos, sin);
    }

    /**
     * Returns cos and sin of the angles by which {@link #rotate} turns at these positions: [...] INT64 gives twice [..., 2·n]
     * FLOAT32.
     *
     * @param frequencies n angles per position
     */
    public List<Tensor> turns(List<Double> frequencies) {
        return recording.applyAll(Rotary.turns(List.copyOf(frequencies)), this);
    }

    /**
     * Writes x behind what is already in this buffer, in place, and returns all of it: [B, K, C, Hd] and [B, K, T, Hd] give
     * [B, K, end, Hd].
     */
    public Tensor append(Tensor x, Dim end) {
        return recording.apply(Appending.append(end), this, x);
    }

    /** Returns zeros of this type. */
    public Tensor zeros() {
        return zeros(type.shape());
    }

    /** Returns zeros of this element type. */
    public Tensor zeros(List<Dim> shape) {
        return recording.apply(Shaping.zeros(type.as(shape)));
    }

    /** Returns a tensor of this element type that is one value everywhere. */
    public Tensor full(double value, List<Dim> shape) {
        return value == 0 ? zeros(shape) : recording.apply(Shaping.full(value, type.as(shape)));
    }

    /** Returns [queries, keys] in this element type: 1 where the key is not after the query, 0 elsewhere. */
    public Tensor causalMask(Dim queries, Dim keys, long window) {
        return recording.apply(Shaping.causalMask(dtype(), queries, keys, window));
    }

    /** Returns 0, 1, …, size − 1. */
    public Tensor range(Dim size) {
        return recording.apply(Indexing.range(size));
    }

    /** Returns for ids [B, T] the positions of text: padding + 1, padding + 2, …; where ids are padding, padding. */
    public Tensor textPositions(long padding) {
        return textPositions(padding, 0);
    }

    /** Returns for ids [B, T] the positions of text behind so many earlier ones; where ids are padding, padding. */
    public Tensor textPositions(long padding, long before) {
        return recording.apply(Indexing.textPositions(padding, before), this);
    }

    /** Returns for a mask [B, T] of ones and zeros how many ones, and so many more, are before each one; 0 at zeros. */
    public Tensor positions(long before) {
        return recording.apply(Indexing.positions(before), this);
    }

    /** Returns 1 where these ids are not {@code id}, else 0. */
    public Tensor differs(long id) {
        return recording.apply(Indexing.differs(id), this);
    }

    /**
     * Returns what has to be predicted: for labels [B, T] the numbers of the rows, all counted through, at which the label
     * {@code ahead} columns later is not −100, and these labels. Both are [N], and only a run knows N.
     */
    public List<Tensor> targets(int ahead) {
        return recording.applyAll(Lookup.targets(ahead), this);
    }

    /** Returns for a mask [B, T] where each row's last one is, counted through all rows: [B]. */
    public Tensor lastOnes() {
        return recording.apply(Indexing.LAST_ONES, this);
    }

    /** Returns for x [B, T, D] which of the T is the largest for each text and feature, all counted through: [B, D]. */
    public Tensor largest() {
        return recording.apply(Indexing.LARGEST, this);
    }

    /** Returns for labels [B, T] a start id and all labels but the last, with padding in the place of −100. */
    public Tensor shiftRight(long start, long padding) {
        return recording.apply(Indexing.shiftRight(start, padding), this);
    }

    /** Returns [queries, keys]: which of so many buckets the distance from query to key falls into. */
    public Tensor distanceBuckets(Dim queries, Dim keys, boolean bothDirections, long buckets, long farthest) {
        return recording.apply(Indexing.distanceBuckets(queries, keys, bothDirections, buckets, farthest));
    }

    @Override
    public String toString() {
        return "%" + id + ": " + type;
    }
}
