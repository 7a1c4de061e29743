package io.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every method promises, whatever it computes; a method's test inherits this class and says how to make one. */
public abstract class PeftMethodContract extends MethodFixture {

    private static final double CLOSE = 2e-5;

    /** Returns how many parameters the method trains there, by its closed formula, the head of 75 not counted. */
    protected abstract long parameters();

    /** Returns the settings as files give them back. */
    protected PeftConfig configInFiles() {
        return config();
    }

    /** Returns whether a fresh adapter leaves the model's output as it is. */
    protected boolean startsAsIdentity() {
        return true;
    }

    /** Returns whether gradients are those of the formula: DoRA takes its norm for a constant, as its paper does. */
    protected boolean differentiatesEverything() {
        return true;
    }

    /** Returns whether the method can be merged into weights. */
    protected boolean isMergeable() {
        return true;
    }

    @Test
    void create_freshAdapter_changesNothing() {
        try (Adapter adapter = Adapter.create(base, config(), 1)) {
            if (startsAsIdentity()) {
                assertClose(logits(base, Selection.of(adapter)), logits(base, Selection.none()), CLOSE);
            } else {
                assertThat(distance(logits(base, Selection.of(adapter)), logits(base, Selection.none())))
                        .isPositive();
            }
        }
    }

    @Test
    void create_equalSeeds_giveEqualAdapters() {
        try (Adapter a = Adapter.create(base, config(), 5);
                Adapter b = Adapter.create(base, config(), 5)) {
            assertThat(values(a)).containsExactly(values(b));
        }
    }

    @Test
    void create_anyModel_hasAsManyParametersAsTheFormulaSays() {
        try (Adapter adapter = Adapter.create(base, config(), 1)) {
            assertThat(adapter.trainable().size()).isEqualTo(parameters() + 75);
        }
    }

    @Test
    void train_someSteps_moveEveryParameterAndNoWeight() {
        Map<String, float[]> weights = weights();
        try (Adapter adapter = Adapter.create(base, config(), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            Map<String, float[]> before = parameters(adapter);
            train(step, 4);
            parameters(adapter)
                    .forEach((name, after) -> assertThat(after).as(name).isNotEqualTo(before.get(name)));
        }
        weights().forEach((name, after) -> assertThat(after).as(name).containsExactly(weights.get(name)));
    }

    /** Derived gradients, libtorch's autograd, and finite differences in FLOAT64 along one random direction. */
    @Test
    void gradients_noisyAdapter_areTheSameInThreeWays() {
        try (Adapter adapter = noisy(base, 7);
                NDManager manager = base.newManager()) {
            NetworkGradients gradients = new NetworkGradients(base, adapter, manager, false);
            Map<String, float[]> derived = gradients.derived();
            Map<String, float[]> autograd = gradients.autograd();
            Map<String, double[]> direction = new LinkedHashMap<>();
            Random random = new Random(11);
            double product = 0;
            double length = 0;
            for (Map.Entry<String, float[]> gradient : derived.entrySet()) {
                float[] expected = Objects.requireNonNull(autograd.get(gradient.getKey()), gradient::getKey);
                double size = distance(expected, new float[expected.length]);
                assertThat(gradient.getValue()).as(gradient.getKey()).containsExactly(expected, within((float)
                        (2e-6 + 2e-5 * size)));
                double[] moves =
                        random.doubles(expected.length, -1, 1).map(Math::signum).toArray();
                direction.put(gradient.getKey(), moves);
                for (int i = 0; i < moves.length; i++) {
                    product += gradient.getValue()[i] * moves[i];
                    length += gradient.getValue()[i] * gradient.getValue()[i];
                }
            }
            assertThat(derived.keySet()).isEqualTo(autograd.keySet());
            assertThat(length).isPositive();
            if (differentiatesEverything()) {
                assertThat(gradients.directional(direction))
                        .isCloseTo(product, within(1e-6 + 1e-4 * Math.sqrt(length)));
            }
        }
    }

    @Test
    void train_sameSeed_givesTheSameAdapter() {
        assertThat(trainedValues()).containsExactly(trainedValues());
    }

    @Test
    void forward_twoAdapters_doNotTouchEachOther() {
        try (Adapter a = noisy(base, 1);
                Adapter b = noisy(base, 2)) {
            float[] alone = logits(base, Selection.of(a));
            assertThat(distance(logits(base, Selection.of(b)), alone)).isGreaterThan(1e-3);
            assertThat(logits(base, Selection.of(a))).containsExactly(alone);
        }
    }

    @Test
    void merge_noisyAdapter_computesTheSame() {
        try (Adapter adapter = noisy(base, 3)) {
            if (!isMergeable()) {
                assertMergeRefused(base, adapter);
                return;
            }
            float[] unmerged = logits(base, Selection.of(adapter));
            Map<String, float[]> weights = weights();
            try (Merge merge = Merge.of(base, Selection.of(adapter))) {
                assertClose(logits(merge.model(), Selection.none()), unmerged, CLOSE);
                assertThat(distance(unmerged, logits(base, Selection.none()))).isGreaterThan(1e-3);
            }
            weights().forEach((name, after) -> assertThat(after).as(name).containsExactly(weights.get(name)));
        }
    }

    @Test
    void save_noisyAdapter_loadsEqual(@TempDir Path folder) throws IOException {
        try (Adapter adapter = noisy(base, 4)) {
            AdapterFolder.save(adapter, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                parameters(adapter).forEach((name, value) -> assertThat(
                                loaded.parameter(name).toFloatArray())
                        .as(name)
                        .containsExactly(value));
                assertThat(logits(base, Selection.of(loaded))).containsExactly(logits(base, Selection.of(adapter)));
            }
        }
    }

    @Test
    void load_unknownField_isRefusedByName(@TempDir Path folder) throws IOException {
        try (Adapter adapter = noisy(base, 4)) {
            AdapterFolder.save(adapter, base, folder);
            Path file = folder.resolve("adapter_config.json");
            var json = PythonJson.read(file);
            json.addProperty("use_magic", true);
            AtomicFile.write(file, PythonJson.format(json));
            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("use_magic");
        }
    }

    @Test
    void load_tensorsThatDoNotFit_areAllListed(@TempDir Path folder) throws IOException {
        try (Adapter adapter = noisy(base, 5);
                NDManager scratch = base.newManager()) {
            AdapterFolder.save(adapter, base, folder);
            Path file = tensorFile(folder);
            List<NamedTensor> tensors = new ArrayList<>();
            List<String> names = new ArrayList<>();
            TensorFile saved = TensorFile.open(file);
            for (TensorInfo info : saved.tensors()) {
                names.add(info.name());
                tensors.add(new NamedTensor(info.name(), info.dtype(), saved.tensor(scratch, info.name())));
            }
            // Where every bias is saved, those of a trained copy are in the file several times, and one is read.
            int[] read = IntStream.range(0, names.size())
                    .filter(i -> !names.get(i).matches(".*\\.(original_module|modules_to_save)\\..*"))
                    .toArray();
            int last = read[read.length - 1];
            int other = read[read.length - 2];
            tensors.set(last, new NamedTensor("nobody.asked", DType.FLOAT32, scratch.create(1f)));
            tensors.set(other, new NamedTensor(names.get(other), DType.FLOAT32, scratch.ones(new Shape(1, 1, 1, 1))));
            SafeTensorsWriter.write(folder.resolve("edited"), tensors, Map.of("format", "pt"));
            Files.move(folder.resolve("edited"), file, StandardCopyOption.REPLACE_EXISTING);

            assertThatThrownBy(() -> AdapterFolder.open(folder).load(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("missing " + names.get(last))
                    .hasMessageContaining(names.get(other) + " must be [")
                    .hasMessageContaining("unexpected nobody.asked");
        }
    }

    @Test
    void forward_bfloat16_isCloseToFloat32() {
        try (BaseModel half = TinyModels.bert(DType.BFLOAT16);
                Adapter wide = noisy(base, 6);
                Adapter narrow = noisy(half, 6)) {
            float[] expected = logits(base, Selection.of(wide));
            assertThat(distance(logits(half, Selection.of(narrow)), expected)).isBetween(1e-9, 0.1);
        }
    }

    /** Merged weights are rounded once more, and the base model is as it was as soon as the merge is gone. */
    @Test
    void merge_bfloat16_isCloseToFloat32AndLeavesTheBase() {
        try (BaseModel half = TinyModels.bert(DType.BFLOAT16);
                Adapter wide = noisy(base, 6);
                Adapter narrow = noisy(half, 6)) {
            if (!isMergeable()) {
                assertMergeRefused(half, narrow);
                return;
            }
            float[] before = logits(half, Selection.none());
            try (Merge merge = Merge.of(half, Selection.of(narrow))) {
                float[] expected = logits(base, Selection.of(wide));
                assertThat(distance(logits(merge.model(), Selection.none()), expected))
                        .isBetween(1e-9, 0.1);
            }
            assertThat(logits(half, Selection.none())).isEqualTo(before);
        }
    }

    @Test
    void train_manySteps_leaveNoArraysBehind() {
        try (Adapter adapter = noisy(base, 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            train(step, 60);
            long least = Long.MAX_VALUE;
            for (int window = 0; window < 4; window++) {
                long before = NativeMemory.allocatedBytes();
                train(step, 40);
                least = Math.min(least, NativeMemory.allocatedBytes() - before);
            }
            // The just-in-time compiler allocates in the same place, but not in every window; a leak does.
            assertThat(least).isLessThan(1L << 20);
        }
    }

    @Test
    void settings_writtenAndRead_areEqual() {
        PeftConfig config = config();
        var method = PeftMethods.of(config);
        var json = method.write(config);
        json.addProperty("peft_type", config.peftType());
        var fields = new io.peft4j.adapter.ConfigFields(json, "test");
        assertThat(PeftMethods.of(fields).read(fields)).isEqualTo(configInFiles());
    }

    /** Returns the file of tensors in whichever layout the method is saved. */
    private static Path tensorFile(Path folder) {
        return Stream.of("adapter_model.safetensors", "adapter.safetensors", "pytorch_adapter.bin")
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    private float[] trainedValues() {
        try (Adapter adapter = Adapter.create(base, config(), 1);
                TrainingStep step = new TrainingStep(base, adapter, 0, 1)) {
            train(step, 3);
            return values(adapter);
        }
    }

    private static void assertMergeRefused(BaseModel model, Adapter adapter) {
        assertThatThrownBy(() -> Merge.of(model, Selection.of(adapter)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be merged");
    }

    private static void assertClose(float[] actual, float[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        assertThat(distance(actual, expected)).isLessThan(tolerance);
    }
}
