package io.peft4j.model;

import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;
import java.util.function.Function;

/** A place in a model where a method attaches while the model is recorded. */
public abstract class Site {

    private final StageRecorder stage;
    private final String path;
    private final int slot;

    Site(StageRecorder stage, String path, int slot) {
        this.stage = stage;
        this.path = path;
        this.slot = slot;
    }

    /** Returns Hugging Face's module path of the place. */
    public final String path() {
        return path;
    }

    /** Returns whether the model is recorded for training, which is when dropout acts. */
    public final boolean isTraining() {
        return stage.isTraining();
    }

    /** Returns the type that the model computes in. */
    public final DType dtype() {
        return stage.dtype();
    }

    /** Returns a trainable tensor of the adapter under this path, in the type that the model computes in. */
    public final Tensor parameter(String name, Initializer initializer, long... shape) {
        return master(name, initializer, shape).cast(dtype());
    }

    /** Returns a trainable tensor of the adapter under this path in FLOAT32, as it is stored. */
    public final Tensor master(String name, Initializer initializer, long... shape) {
        return stage.parameter(slot, path + "." + name, initializer, ParameterSpec.Role.TRAINED, shape);
    }

    /** Returns a tensor of the adapter that is stored but not trained, in the type that the model computes in. */
    public final Tensor constant(String name, Initializer initializer, long... shape) {
        return stage.parameter(slot, path + "." + name, initializer, ParameterSpec.Role.FROZEN, shape)
                .cast(dtype());
    }

    /** Returns a tensor of the adapter that several places share, under a name of its own. */
    public final Tensor shared(String name, Initializer initializer, boolean trainable, long... shape) {
        ParameterSpec.Role role = trainable ? ParameterSpec.Role.TRAINED : ParameterSpec.Role.FROZEN;
        return stage.parameter(slot, name, initializer, role, shape).cast(dtype());
    }

    /** Returns a FLOAT32 tensor under this path that follows from the base model and the settings, so no file holds it. */
    public final Tensor derived(String name, Initializer initializer, long... shape) {
        return sharedDerived(path + "." + name, initializer, shape);
    }

    /** Returns a FLOAT32 tensor that several places share and that follows from the settings, so no file holds it. */
    public final Tensor sharedDerived(String name, Initializer initializer, long... shape) {
        return stage.parameter(slot, name, initializer, ParameterSpec.Role.DERIVED, shape);
    }

    /**
     * Returns what a computation over the adapter's tensors gives; it is done once per batch for all places that ask.
     *
     * @param name the name of the adapter's tensor that could stand in for the first result, which {@code folded} adapters
     *     have in its place
     */
    public final List<Tensor> once(String name, Function<SharedSite, List<Tensor>> body) {
        return stage.once(slot, name, body);
    }

    /** Returns the seed of this part of the model in this step, for dropout. */
    public final Tensor seed() {
        return stage.seed();
    }

    /** Returns how many rows of the batch are in a group, which the input {@code rows.<group>} tells. */
    public final Dim rows(int group) {
        return stage.rows(group);
    }

    /** Returns a whole number for each text [B], from 0 to below a limit, which every batch gives under a name. */
    public final Tensor ofTexts(String name, int limit) {
        return stage.ofTexts(name, limit);
    }

    final int slot() {
        return slot;
    }

    final StageRecorder stage() {
        return stage;
    }
}
