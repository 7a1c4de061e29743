package io.peft4j.bottleneck;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import io.peft4j.program.NativeTensors;
import java.util.Arrays;
import java.util.Locale;

/** How a bottleneck's projections start; biases start at 0. */
public enum BottleneckInit {
    /** Both from N(0, 0.02²), as BERT: near the identity. */
    BERT(Initializer.normal(0.02), Initializer.normal(0.02)),
    /** Down as {@code torch.nn.Linear}, up 0, as in MAM (He et al. 2022): exactly the identity. */
    MAM_ADAPTER(Initializer.kaimingUniform(), Initializer.zeros()),
    /** Both from N(0, 0.01²) cut at two deviations (Houlsby et al. 2019). */
    HOULSBY(truncatedNormal(0.01), truncatedNormal(0.01));

    private final Initializer down;
    private final Initializer up;

    BottleneckInit(Initializer down, Initializer up) {
        this.down = down;
        this.up = up;
    }

    Initializer down() {
        return down;
    }

    Initializer up() {
        return up;
    }

    /** Returns the name in files. */
    String fileName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static BottleneckInit of(String name) {
        return Arrays.stream(values())
                .filter(init -> init.fileName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("init_weights %s is unknown; there are %s"
                        .formatted(
                                name,
                                Arrays.stream(values())
                                        .map(BottleneckInit::fileName)
                                        .toList())));
    }

    private static Initializer truncatedNormal(double deviation) {
        return (target, random, base) -> {
            float[] values = new float[Math.toIntExact(target.size())];
            for (int i = 0; i < values.length; i++) {
                double value = random.nextGaussian();
                while (Math.abs(value) > 2) {
                    value = random.nextGaussian();
                }
                values[i] = (float) (value * deviation);
            }
            try (NDArray source = target.getManager().create(values, target.getShape())) {
                NativeTensors.copy(target, source);
            }
        };
    }
}
