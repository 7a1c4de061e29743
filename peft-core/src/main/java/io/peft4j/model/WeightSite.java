package io.peft4j.model;

import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/** A weight of the base model, the place of methods that train a copy of it. */
public final class WeightSite extends Site {

    WeightSite(StageRecorder stage, String path, int slot) {
        super(stage, path, slot);
    }

    /** Returns a trainable copy of the weight, in the type that the model computes in. */
    public Tensor trainedCopy(Tensor frozen) {
        return trainedCopy(frozen, path());
    }

    /** Returns a trainable copy of the weight, one for all places that are tied to it. */
    public Tensor tiedCopy(Tensor frozen) {
        return trainedCopy(frozen, stage().network().stored(path()));
    }

    /** Returns a trainable copy of the weight under a name of its own, in the type that the model computes in. */
    public Tensor trainedCopy(Tensor frozen, String name) {
        long[] shape = frozen.type().shape().stream().mapToLong(Dim::constant).toArray();
        return shared(name, Initializer.copyOf(path()), true, shape);
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public WeightSite in(int slot) {
        return new WeightSite(stage(), path(), slot);
    }
}
