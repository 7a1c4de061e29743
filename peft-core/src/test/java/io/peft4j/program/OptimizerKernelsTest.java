package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The optimizer against its formula in float64. */
class OptimizerKernelsTest {

    private static final double RATE = 1e-2;
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;
    private static final double DECAY = 0.1;

    @Test
    void adamW_threeSteps_isTheFormulaInFloat64() {
        float[] start = {1, -0.5f, 2e-3f, 0, 3};
        float[][] gradients = {{1e-8f, -1e-3f, 10, 0, 0.5f}, {1e-9f, 2e-3f, -10, 0, 0.25f}, {-1e-8f, 1e-3f, 1, 1e-7f, 0}
        };
        double[] p = new double[start.length];
        double[] m = new double[start.length];
        double[] v = new double[start.length];
        for (int i = 0; i < p.length; i++) {
            p[i] = start[i];
        }
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray parameters = manager.create(start);
            NDArray first = manager.zeros(new Shape(start.length));
            NDArray second = manager.zeros(new Shape(start.length));
            for (int t = 1; t <= gradients.length; t++) {
                float[] g = gradients[t - 1];
                OptimizerKernels.adamW(
                        List.of(parameters),
                        List.of(manager.create(g)),
                        List.of(first),
                        List.of(second),
                        t,
                        RATE,
                        BETA1,
                        BETA2,
                        EPSILON,
                        DECAY);
                for (int i = 0; i < p.length; i++) {
                    p[i] -= RATE * DECAY * p[i];
                    m[i] = BETA1 * m[i] + (1 - BETA1) * g[i];
                    v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
                    double corrected = m[i] / (1 - Math.pow(BETA1, t));
                    p[i] -= RATE * corrected / (Math.sqrt(v[i] / (1 - Math.pow(BETA2, t))) + EPSILON);
                }
            }
            float[] actual = parameters.toFloatArray();
            for (int i = 0; i < p.length; i++) {
                assertThat((double) actual[i])
                        .as("parameter %d", i)
                        .isEqualTo(p[i], within(2e-7 + 1e-6 * Math.abs(p[i])));
            }
        }
    }

    @Test
    void clip_longGradient_isScaledAsAWhole() {
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray gradient = manager.create(new float[] {3, -4});

            assertThat(OptimizerKernels.clip(gradient, 1)).isEqualTo(5, within(1e-6));
            float[] clipped = gradient.toFloatArray();
            assertThat((double) clipped[0]).isEqualTo(0.6, within(1e-6));
            assertThat((double) clipped[1]).isEqualTo(-0.8, within(1e-6));
        }
    }

    @Test
    void clip_shortGradient_staysAsItIs() {
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray gradient = manager.create(new float[] {0.3f, -0.4f});

            assertThat(OptimizerKernels.clip(gradient, 1)).isEqualTo(0.5, within(1e-6));
            assertThat(gradient.toFloatArray()).containsExactly(0.3f, -0.4f);
        }
    }
}
