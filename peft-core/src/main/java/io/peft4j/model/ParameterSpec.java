package io.peft4j.model;

import java.util.List;

/**
 * A tensor that an adapter adds to a model, as its method declared it while the model was recorded.
 *
 * @param slot which of the selected adapters owns it
 * @param name its path in the model and its own name, such as {@code encoder.layer.0.…query.lora_A.weight}
 * @param shape its shape; it is stored in FLOAT32
 * @param role whether it trains and whether files hold it
 * @param initializer how it starts
 */
public record ParameterSpec(int slot, String name, List<Long> shape, Role role, Initializer initializer) {

    /** What becomes of a tensor. */
    public enum Role {
        /** Training moves it and files hold it. */
        TRAINED,
        /** Training leaves it as it is; files hold it. */
        FROZEN,
        /** It follows from the base model and the settings, so neither training nor files know it. */
        DERIVED
    }

    public ParameterSpec {
        shape = List.copyOf(shape);
    }

    /** Returns whether training moves it. */
    public boolean trainable() {
        return role == Role.TRAINED;
    }

    /** Returns the same tensor where training does not move it. */
    ParameterSpec frozen() {
        return trainable() ? new ParameterSpec(slot, name, shape, Role.FROZEN, initializer) : this;
    }

    /** Returns the number of elements. */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
