package io.peft4j.lora;

import io.peft4j.model.Initializer;

/** How the factor starts that decides whether a fresh LoHa or LoKr changes the model. */
public enum FactorInit {
    /** At zero, so that a fresh adapter changes nothing: {@code init_weights=true}. */
    ZERO {
        @Override
        Initializer initializer() {
            return Initializer.zeros();
        }
    },
    /** Kaiming uniform, as the other factors: {@code init_weights=false}. */
    RANDOM {
        @Override
        Initializer initializer() {
            return Initializer.kaimingUniform();
        }
    };

    abstract Initializer initializer();
}
