package io.peft4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which tokens may be drawn, and how often they are. */
class TokenChooserTest {

    /** Logits of probabilities .5, .25, .125, .125. */
    private static final float[] LOGITS = {
        (float) Math.log(0.25), (float) Math.log(0.5), (float) Math.log(0.125), (float) Math.log(0.125)
    };

    @Test
    void choose_everythingMayBeDrawn_followsProbabilities() {
        double[] shares = shares(new Sampling(1, 0, 1, 1));

        assertThat(shares[0]).isCloseTo(0.25, within(0.03));
        assertThat(shares[1]).isCloseTo(0.5, within(0.03));
        assertThat(shares[2]).isCloseTo(0.125, within(0.03));
    }

    @Test
    void choose_halfTemperature_squaresProbabilities() {
        double[] shares = shares(new Sampling(0.5, 0, 1, 1));

        double sum = 0.25 * 0.25 + 0.5 * 0.5 + 2 * 0.125 * 0.125;
        assertThat(shares[1]).isCloseTo(0.25 / sum, within(0.03));
    }

    @Test
    void choose_topK_drawsNoOther() {
        double[] shares = shares(new Sampling(1, 2, 1, 1));

        assertThat(shares[1]).isCloseTo(2.0 / 3, within(0.03));
        assertThat(shares[2] + shares[3]).isZero();
    }

    @Test
    void choose_topP_drawsTheSmallestSetThatReachesIt() {
        assertThat(shares(new Sampling(1, 0, 0.49, 1))[1]).isCloseTo(1, within(1e-9));
        double[] shares = shares(new Sampling(1, 0, 0.7, 1));

        assertThat(shares[0]).isCloseTo(1.0 / 3, within(0.03));
        assertThat(shares[2] + shares[3]).isZero();
    }

    @Test
    void choose_repetitionPenalty_dividesAboveZeroAndMultipliesBelow() {
        float[] logits = {1, 0.9f, -1};

        TokenChooser chooser = new TokenChooser(new Sampling(0, 0, 1, 2), new int[] {0, 2}, 0);

        assertThat(chooser.choose(logits)).isEqualTo(1);
        assertThat(logits).containsExactly(0.5f, 0.9f, -2);
        assertThat(chooser.choose(new float[] {1, 0.9f, -1})).isZero();
    }

    @Test
    void choose_brokenLogits_isRefusedGreedyOrDrawn() {
        for (double temperature : new double[] {0, 1}) {
            TokenChooser chooser = new TokenChooser(new Sampling(temperature, 0, 1, 1), new int[0], 0);

            assertThatThrownBy(() -> chooser.choose(new float[] {Float.NaN, Float.NaN}))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("logit 0 of 2 is NaN");
        }
    }

    @Test
    void new_sampling_wrongValuesNameThemselves() {
        assertThatThrownBy(() -> new Sampling(-1, 0, 1, 1)).hasMessage("temperature must be at least 0: -1.0");
        assertThatThrownBy(() -> new Sampling(1, -1, 1, 1)).hasMessageContaining("top k must be at least 0");
        assertThatThrownBy(() -> new Sampling(1, 0, 0, 1)).hasMessage("top p must be in (0, 1]: 0.0");
        assertThatThrownBy(() -> new Sampling(1, 0, 1, 0)).hasMessage("repetition penalty must be above 0: 0.0");
        assertThatThrownBy(() -> GenerationOptions.builder().maxNewTokens(0).build())
                .hasMessage("the number of new tokens must be at least 1: 0");
    }

    private static double[] shares(Sampling sampling) {
        int draws = 4000;
        double[] shares = new double[LOGITS.length];
        TokenChooser chooser = new TokenChooser(sampling, new int[0], 11);
        IntStream.range(0, draws).forEach(i -> shares[chooser.choose(LOGITS.clone())] += 1.0 / draws);
        return shares;
    }
}
