package io.peft4j.prompt;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.OptionalInt;

/**
 * What P-tuning computes its rows from: learned vectors z [P, D] through a network over the rows.
 *
 * <p>Names are Hugging Face PEFT's.
 */
public sealed interface PromptEncoder permits PromptEncoder.Mlp, LstmEncoder, PromptEncoder.Folded {

    /** Returns the rows [P, D]. */
    Tensor rows(Site site, int length, long width);

    /** Returns the inner width of the network, if it is not that of the base model. */
    OptionalInt hidden();

    /**
     * W₃·relu(W₂·relu(W₁·z)), each with a bias: D → h → h → D.
     *
     * @param hidden h, D if absent
     */
    record Mlp(OptionalInt hidden) implements PromptEncoder {

        public Mlp {
            checkHidden(hidden);
        }

        @Override
        public Tensor rows(Site site, int length, long width) {
            long h = hidden.orElse(Math.toIntExact(width));
            Tensor z = vectors(site, length, width);
            Tensor first = Dense.apply(site, "prompt_encoder.mlp_head.0", z, h).activation(Activation.RELU);
            Tensor second =
                    Dense.apply(site, "prompt_encoder.mlp_head.2", first, h).activation(Activation.RELU);
            return Dense.apply(site, "prompt_encoder.mlp_head.4", second, width);
        }
    }

    /**
     * The rows themselves, as a file has them.
     *
     * @param original what once computed them
     */
    record Folded(PromptEncoder original) implements PromptEncoder {

        @Override
        public Tensor rows(Site site, int length, long width) {
            return site.shared(PromptFields.ROWS, Initializer.zeros(), true, length, width);
        }

        @Override
        public OptionalInt hidden() {
            return original.hidden();
        }
    }

    /** Returns the learned vectors z [P, D]. */
    static Tensor vectors(Site site, int length, long width) {
        return site.shared("prompt_encoder.embedding.weight", Initializer.normal(1), true, length, width);
    }

    /** Checks an inner width. */
    static void checkHidden(OptionalInt hidden) {
        if (hidden.isPresent() && hidden.getAsInt() < 1) {
            throw new IllegalArgumentException("the inner width of an encoder must be positive: " + hidden.getAsInt());
        }
    }
}
