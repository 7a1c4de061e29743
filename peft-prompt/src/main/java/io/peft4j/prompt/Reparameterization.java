package io.peft4j.prompt;

import io.peft4j.model.Initializer;
import io.peft4j.model.Site;
import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.List;

/** What the rows of a prompt are while they are learned. */
public sealed interface Reparameterization {

    /**
     * Returns the rows [P, D].
     *
     * @param start how they start
     */
    Tensor rows(Site site, Initializer start, long length, long width);

    /** Numbers of their own, and nothing else. */
    record None() implements Reparameterization {

        @Override
        public Tensor rows(Site site, Initializer start, long length, long width) {
            return site.shared(PromptFields.ROWS, start, true, length, width);
        }
    }

    /**
     * Rows and what a network that they share adds to each, which is not needed after training: e = p + norm(W₂·relu(W₁·p)).
     *
     * <ul>
     *   <li>p, e: [P, D]; W₁: [h, D], W₂: [D, h], each with a bias; the norm over D starts with a scale of zeros, so that e = p
     * </ul>
     *
     * <p>Razdaibiedina et al. 2023, whose norm starts with a scale of ones.
     *
     * @param hidden h, positive
     */
    record Residual(int hidden) implements Reparameterization {

        private static final String NETWORK = "prompt_encoder.residual.";
        private static final double EPSILON = 1e-5;

        public Residual {
            if (hidden < 1) {
                throw new IllegalArgumentException("the inner width of a residual network must be positive: " + hidden);
            }
        }

        @Override
        public Tensor rows(Site site, Initializer start, long length, long width) {
            return site.once(PromptFields.ROWS, shared -> List.of(sum(shared, start, length, width)))
                    .get(0);
        }

        private Tensor sum(Site site, Initializer start, long length, long width) {
            Tensor p = site.shared("prompt_encoder.embedding.weight", start, true, length, width);
            Tensor inner = Dense.apply(site, NETWORK + "0", p, hidden).activation(Activation.RELU);
            Tensor scale = site.shared(NETWORK + "3.weight", Initializer.zeros(), true, width);
            Tensor shift = site.shared(NETWORK + "3.bias", Initializer.zeros(), true, width);
            return p.add(Dense.apply(site, NETWORK + "2", inner, width).layerNorm(scale, shift, EPSILON));
        }
    }

    /**
     * The rows that a network computed, as a file has them.
     *
     * @param original what computed them
     */
    record Folded(Residual original) implements Reparameterization {

        @Override
        public Tensor rows(Site site, Initializer start, long length, long width) {
            return site.shared(PromptFields.ROWS, Initializer.zeros(), true, length, width);
        }
    }
}
