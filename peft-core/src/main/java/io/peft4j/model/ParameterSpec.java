package io.peft4j.model;

import java.util.List;

/**
 * A tensor that an adapter adds to a model, as its method declared it while the model was recorded.
 *
 * @param slot which of the selected adapters owns it
 * @param name its path in the model and its own name, such as {@code encoder.layer.0.…query.lora_A.weight}
 * @param shape its shape; it is stored in FLOAT32
 * @param trainable whether training moves it
 * @param initializer how it starts
 */
public record ParameterSpec(int slot, String name, List<Long> shape, boolean trainable, Initializer initializer) {

    public ParameterSpec {
        shape = List.copyOf(shape);
    }

    /** Returns the same tensor where training does not move it. */
    ParameterSpec frozen() {
        return new ParameterSpec(slot, name, shape, false, initializer);
    }

    /** Returns the number of elements. */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
