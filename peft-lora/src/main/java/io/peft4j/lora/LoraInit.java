package io.peft4j.lora;

import com.google.gson.JsonPrimitive;
import io.peft4j.model.Initializer;

/** How A and B start. */
public enum LoraInit {
    /** A from U(−1/√in, 1/√in), B zero: {@code init_lora_weights=true}. */
    KAIMING(new JsonPrimitive(true)) {
        @Override
        Initializer a(int rank) {
            return Initializer.kaimingUniform();
        }
    },
    /** A from N(0, 1/r²), B zero: {@code init_lora_weights="gaussian"}. */
    GAUSSIAN(new JsonPrimitive("gaussian")) {
        @Override
        Initializer a(int rank) {
            return Initializer.normal(1.0 / rank);
        }
    },
    /** A and B both as {@link #KAIMING}'s A, so that a fresh adapter changes the model: {@code init_lora_weights=false}. */
    RANDOM(new JsonPrimitive(false)) {
        @Override
        Initializer a(int rank) {
            return Initializer.kaimingUniform();
        }

        @Override
        Initializer b() {
            return Initializer.kaimingUniform();
        }
    };

    private final JsonPrimitive field;

    LoraInit(JsonPrimitive field) {
        this.field = field;
    }

    /** Returns what {@code adapter_config.json} says. */
    JsonPrimitive field() {
        return field;
    }

    abstract Initializer a(int rank);

    Initializer b() {
        return Initializer.zeros();
    }
}
