package io.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchSamplerTest {

    private static List<Example> examples(int count) {
        Random random = new Random(count);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = 1 + random.nextInt(30);
            examples.add(Example.of(new int[length], new int[length], i));
        }
        return examples;
    }

    @Test
    void shuffled_batchLargerThanAllWindows_isOneBatch() {
        BatchSampler sampler = new BatchSampler(85_899_346, 0);
        assertThat(sampler.batches(7)).isEqualTo(1);
        assertThat(sampler.shuffled(examples(7), new Random(1))).hasSize(1);
    }

    @Property(tries = 100)
    void shuffled_anySize_holdsEveryExampleOnce(
            @ForAll @IntRange(min = 1, max = 700) int count, @ForAll @IntRange(min = 1, max = 9) int size) {
        BatchSampler sampler = new BatchSampler(size, 0);
        List<Batch> batches = sampler.shuffled(examples(count), new Random(1));

        assertThat(batches).hasSize(sampler.batches(count)).allMatch(batch -> batch.rows() <= size);
        assertThat(batches.stream()
                        .flatMap(batch -> batch.examples().stream())
                        .map(Example::label)
                        .sorted())
                .containsExactlyElementsOf(
                        java.util.stream.IntStream.range(0, count).boxed().toList());
    }

    @Test
    void shuffled_mixedLengths_padsLittle() {
        List<Batch> batches = new BatchSampler(8, 0).shuffled(examples(800), new Random(1));
        long cells =
                batches.stream().mapToLong(b -> (long) b.rows() * b.length()).sum();
        long tokens = batches.stream()
                .flatMap(batch -> batch.examples().stream())
                .mapToLong(Example::length)
                .sum();

        assertThat((double) tokens / cells).isGreaterThan(0.95);
    }

    @Test
    void shuffled_seeds_decideTheOrder() {
        BatchSampler sampler = new BatchSampler(4, 0);
        List<Example> examples = examples(100);

        assertThat(sampler.shuffled(examples, new Random(1))).isEqualTo(sampler.shuffled(examples, new Random(1)));
        assertThat(sampler.shuffled(examples, new Random(1))).isNotEqualTo(sampler.shuffled(examples, new Random(2)));
    }

    @Test
    void new_wrongSizes_throw() {
        assertThatThrownBy(() -> new BatchSampler(0, 0)).hasMessage("batch size must be positive: 0");
        assertThatThrownBy(() -> new Batch(List.of(), 0)).hasMessage("a batch has at least one example");
        assertThatThrownBy(() -> Example.of(new int[0], new int[0], 0)).hasMessageContaining("at least one: 0 and 0");
    }
}
