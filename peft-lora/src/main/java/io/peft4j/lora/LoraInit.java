package io.peft4j.lora;

import io.peft4j.model.Initializer;

/** How A and B start. */
public enum LoraInit {
    /** A from U(−1/√in, 1/√in), B zero: {@code init_lora_weights=true}. */
    KAIMING {
        @Override
        Initializer a(int rank) {
            return Initializer.kaimingUniform();
        }
    },
    /** A from N(0, 1/r²), B zero: {@code init_lora_weights="gaussian"}. */
    GAUSSIAN {
        @Override
        Initializer a(int rank) {
            return Initializer.normal(1.0 / rank);
        }
    };

    abstract Initializer a(int rank);

    Initializer b() {
        return Initializer.zeros();
    }
}
