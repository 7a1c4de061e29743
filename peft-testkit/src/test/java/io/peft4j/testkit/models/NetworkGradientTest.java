package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import io.peft4j.testkit.NetworkGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradient of the loss by every weight of every architecture there is a golden case of: derived, by libtorch's
 * autograd over the same network, and by finite differences in FLOAT64.
 */
class NetworkGradientTest {

    /** Every base model among the golden cases. */
    static Stream<Path> models() throws IOException {
        List<Path> models = new ArrayList<>();
        for (String library : List.of("hf", "hf457")) {
            try (Stream<Path> folders = Files.walk(Goldens.folder(library), 3)) {
                folders.filter(folder -> folder.endsWith("base") && Files.exists(folder.resolve("config.json")))
                        .sorted()
                        .forEach(models::add);
            }
        }
        return models.stream();
    }

    /** The same, with fused attention and without. */
    static Stream<Arguments> modelsAndAttention() throws IOException {
        return models().flatMap(folder -> Stream.of(Arguments.of(folder, true), Arguments.of(folder, false)));
    }

    @ParameterizedTest
    @MethodSource("modelsAndAttention")
    void run_everyWeightTrains_equalsAutograd(Path folder, boolean fused) throws IOException {
        try (BaseModel base = BaseModel.from(folder).load();
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 1);
                NDManager manager = base.newManager()) {
            NetworkGradients gradients = new NetworkGradients(base, adapter, manager, fused);
            Map<String, float[]> derived = gradients.derived();

            // libtorch has no gradient of the mask of fused attention, in which T5's learned bias is.
            boolean learnedMask = base.config().get("model_type").getAsString().equals("t5");
            Map<String, float[]> autograd =
                    new NetworkGradients(base, adapter, manager, fused && !learnedMask).autograd();

            assertThat(derived.keySet()).isEqualTo(autograd.keySet());
            derived.forEach((name, values) -> assertThat(values)
                    .as(name)
                    .containsExactly(autograd.get(name), within(2e-6f + 2e-5f * largest(autograd.get(name)))));
            assertThat(derived.values().stream().filter(values -> largest(values) > 1e-6))
                    .as("gradients that are not zero")
                    .hasSizeGreaterThan(derived.size() / 2);
        }
    }

    /** One random direction per weight: its derivative is the gradient's product with it. */
    @ParameterizedTest
    @MethodSource("models")
    void run_everyWeightTrains_equalsFiniteDifferences(Path folder) throws IOException {
        try (BaseModel base = BaseModel.from(folder).load();
                Adapter adapter = Adapter.create(base, new FullFineTuning(), 1);
                NDManager manager = base.newManager()) {
            NetworkGradients gradients = new NetworkGradients(base, adapter, manager, false);
            Random random = new Random(11);
            gradients.derived().forEach((name, gradient) -> {
                double[] direction =
                        random.doubles(gradient.length, -1, 1).map(Math::signum).toArray();
                double product = 0;
                double length = 0;
                for (int i = 0; i < direction.length; i++) {
                    product += gradient[i] * direction[i];
                    length += gradient[i] * gradient[i];
                }
                assertThat(gradients.directional(Map.of(name, direction)))
                        .as(name)
                        .isCloseTo(product, within(1e-6 + 1e-4 * Math.sqrt(length)));
            });
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
