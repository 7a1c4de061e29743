package io.peft4j.prompt;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.OptionalInt;

/** What the keys and values of all layers come from: one row [2·L·D] for each of P tokens. */
public sealed interface PrefixEncoder {

    /** How the last tensor of an encoder starts. */
    enum Init {
        /** As PyTorch's layers do. */
        DEFAULT,
        /** As zeros, so that learned values add nothing at first. */
        ZERO
    }

    /**
     * Returns the keys and values [P, values].
     *
     * @param width D of the keys of one layer
     * @param values 2·L·D
     */
    Tensor rows(Site site, int length, long width, long values);

    /** Returns how its last tensor starts. */
    Init init();

    /**
     * Learned numbers, and nothing else.
     *
     * @param init how they start
     */
    record Flat(Init init) implements PrefixEncoder {

        @Override
        public Tensor rows(Site site, int length, long width, long values) {
            Initializer start = init == Init.ZERO ? Initializer.zeros() : Initializer.normal(1);
            return site.shared(PromptFields.ROWS, start, true, length, values);
        }
    }

    /**
     * W₂·tanh(W₁·z), each with a bias, of learned vectors z [P, D]: D → h → 2·L·D.
     *
     * @param hidden h, D if absent
     * @param init how W₂ starts
     */
    record Projected(OptionalInt hidden, Init init) implements PrefixEncoder {

        public Projected {
            PromptEncoder.checkHidden(hidden);
        }

        @Override
        public Tensor rows(Site site, int length, long width, long values) {
            Tensor z = PromptEncoder.vectors(site, length, width);
            Tensor inner = Dense.apply(site, "prompt_encoder.transform.0", z, hidden.orElse(Math.toIntExact(width)))
                    .activation(Activation.TANH);
            return init == Init.ZERO
                    ? Dense.fromZero(site, "prompt_encoder.transform.2", inner, values)
                    : Dense.apply(site, "prompt_encoder.transform.2", inner, values);
        }
    }

    /**
     * The keys and values themselves, as a file has them.
     *
     * @param original what once computed them
     */
    record Folded(Projected original) implements PrefixEncoder {

        @Override
        public Tensor rows(Site site, int length, long width, long values) {
            return site.shared(PromptFields.ROWS, Initializer.zeros(), true, length, values);
        }

        @Override
        public Init init() {
            return original.init();
        }
    }
}
