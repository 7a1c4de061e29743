package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.generate.TokenListener;
import io.peft4j.model.BaseModel;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What sources and targets of different lengths do to an adapted T5. */
class T5LoraTest {

    private static final Path FOLDER = Goldens.folder("hf457/t5");

    @Test
    void generate_sourcesOfDifferentLengths_eachIsAsIfAlone() throws IOException {
        List<int[]> sources = List.of(new int[] {3, 14, 15, 9, 26, 5}, new int[] {35}, new int[] {8, 9, 7});
        try (BaseModel base = load();
                Adapter adapter = AdapterFolder.open(FOLDER.resolve("lora")).load(base)) {
            Generator generator = new Generator(base, 0);
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(80).build();

            List<int[]> together = generator.generate(Selection.of(adapter), sources, options, TokenListener.NONE);

            for (int row = 0; row < sources.size(); row++) {
                assertThat(together.get(row))
                        .hasSize(80)
                        .containsExactly(generator.generate(Selection.of(adapter), sources.get(row), options));
            }
            List<int[]> without = generator.generate(Selection.none(), sources, options, TokenListener.NONE);
            assertThat(together).usingRecursiveComparison().isNotEqualTo(without);
        }
    }

    @Test
    void accumulate_targetsOfDifferentLengths_givesTheMeanOverAllTheirTokens() throws IOException {
        Example shorter = Example.ofTarget(new int[] {3, 4, 5}, new int[] {6, 1});
        Example longer = Example.ofTarget(new int[] {7, 8}, new int[] {9, 10, 11, 12, 1});
        try (BaseModel base = load();
                Adapter adapter = AdapterFolder.open(FOLDER.resolve("lora")).load(base);
                TrainingStep step = new TrainingStep(base, adapter, 0, Double.POSITIVE_INFINITY)) {
            double together = step.accumulate(List.of(new Batch(List.of(shorter, longer), 0)), 0);
            double first = step.accumulate(List.of(new Batch(List.of(shorter), 0)), 0);
            double second = step.accumulate(List.of(new Batch(List.of(longer), 0)), 0);

            assertThat(together).isCloseTo((2 * first + 5 * second) / 7, offset(1e-5));
        }
    }

    private static BaseModel load() throws IOException {
        return BaseModel.from(FOLDER.resolve("base")).load();
    }
}
