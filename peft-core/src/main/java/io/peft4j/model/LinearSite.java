package io.peft4j.model;

import io.peft4j.program.Tensor;
import org.jspecify.annotations.Nullable;

/** A linear layer y = x·Wᵀ + b, the place of LoRA and its relatives and of (IA)³. */
public final class LinearSite extends Site {

    private final Tensor weight;
    private final @Nullable Tensor bias;

    LinearSite(StageRecorder stage, String path, int slot, Tensor weight, @Nullable Tensor bias) {
        super(stage, path, slot);
        this.weight = weight;
        this.bias = bias;
    }

    /** Returns W [out, in]. */
    public Tensor weight() {
        return weight;
    }

    /** Returns b [out], or null. */
    public @Nullable Tensor bias() {
        return bias;
    }

    /** Returns x·Wᵀ + b. */
    public Tensor apply(Tensor x) {
        return bias == null ? x.linear(weight) : x.linear(weight, bias);
    }

    /** Returns the same place with the weights that an adaptation puts there. */
    public LinearSite with(Adaptation adaptation) {
        Tensor w = adaptation.weight(new WeightSite(stage(), path() + ".weight", slot()), weight);
        Tensor b = bias == null ? null : adaptation.weight(new WeightSite(stage(), path() + ".bias", slot()), bias);
        return w == weight && b == bias ? this : new LinearSite(stage(), path(), slot(), w, b);
    }

    /** Returns whether an adaptation leaves the weights and the input of this layer as they are. */
    public boolean isPlain(Adaptation adaptation, Tensor x) {
        return with(adaptation) == this && adaptation.linearInput(this, x) == x;
    }

    /** Returns the number of input features. */
    public long in() {
        return weight.dim(1).constant();
    }

    /** Returns the number of output features. */
    public long out() {
        return weight.dim(0).constant();
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public LinearSite in(int slot) {
        return new LinearSite(stage(), path(), slot, weight, bias);
    }
}
