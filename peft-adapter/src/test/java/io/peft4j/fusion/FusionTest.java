package io.peft4j.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.adapterhub.HubConfigId;
import io.peft4j.adapterhub.HubLoraConfig;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AdapterFusion: AdapterHub's numbers and files, its regularisation, and what it refuses. */
class FusionTest {

    private static final Path CASE = Goldens.folder("adapterhub/bert/fusion");

    private BaseModel base;
    private NDManager manager;
    private Adapter a;
    private Adapter b;
    private Adapter fusion;
    private SafeTensorsFile expected;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(CASE.resolveSibling("base")).load();
        manager = base.newManager();
        a = AdapterFolder.open(CASE.resolve("a")).load(base);
        b = AdapterFolder.open(CASE.resolve("b")).load(base);
        fusion = AdapterFolder.open(CASE.resolve("fusion")).load(base);
        expected = SafeTensorsFile.open(CASE.resolve("io.safetensors"));
    }

    @AfterEach
    void close() {
        List.of(a, b, fusion).forEach(Adapter::close);
        manager.close();
        base.close();
    }

    @Test
    void forward_caseOfAdapterHub_givesItsLogits() throws IOException {
        assertClose(logits(Selection.fuse(fusion, a, b)), expected("logits"), 1e-5);
        assertThat(Selection.fuse(fusion, a, b)).hasToString("fuse(a,b, a, b)");
    }

    @Test
    void train_caseOfAdapterHub_givesItsGradientsAndSteps() throws IOException {
        FusionConfig config = (FusionConfig) fusion.config();
        FusionConfig plain = new FusionConfig(
                config.adapters(), config.placement(), config.projections(), config.residualBefore(), 0, false);
        try (Adapter trained = Adapter.createWithoutHead(base, fusion.name(), plain, 1)) {
            NativeTensors.copy(trained.trainable().flat(), fusion.trainable().flat());
            Selection selection = Selection.fuse(trained, a, b);
            try (TrainingStep step = new TrainingStep(base, selection, trained, 0.1, Double.POSITIVE_INFINITY)) {
                for (int i = 0; i < 3; i++) {
                    double loss = step.accumulate(trainingInputs(), i);
                    if (i == 0) {
                        assertThat(loss).isCloseTo(expected("loss")[0], org.assertj.core.data.Offset.offset(1e-5));
                        assertGradients(step);
                    }
                    step.update(1e-2);
                }
            }
            assertClose(logits(selection), expected("logits_after3"), 1e-4);
        }
    }

    /** The bias of the key adds one number to all scores, so its gradient is what rounding leaves. */
    private void assertGradients(TrainingStep step) throws IOException {
        List<String> names = expected.tensors().stream()
                .map(TensorInfo::name)
                .filter(name -> name.startsWith("grad."))
                .toList();
        assertThat(names).hasSize(10);
        for (String name : names) {
            float[] own = NativeTensors.toFloats(step.gradients().get(name.substring("grad.".length())));
            assertClose(own, expected(name), 1e-5);
        }
    }

    @Test
    void save_fusion_isReadBackEqual(@TempDir Path folder) throws IOException {
        AdapterFolder.save(fusion, base, folder);
        try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
            assertThat(loaded.trainable().flat().toFloatArray())
                    .containsExactly(fusion.trainable().flat().toFloatArray());
            assertThat(loaded.config()).isEqualTo(fusion.config());
        }
        String own = Files.readString(folder.resolve("adapter_fusion_config.json"));
        String other = Files.readString(CASE.resolve("fusion/adapter_fusion_config.json"));
        assertThat(own.replaceAll("\"model_name\": .*", "")).isEqualTo(other.replaceAll("\"model_name\": .*", ""));
    }

    @Test
    void identifiers_ofFusions_areThoseOfAdapterHub() {
        assertThat(HubConfigId.of(FusionMethod.settings(FusionConfig.dynamic(a, b))))
                .isEqualTo("39f0b9fc022449eb");
        assertThat(HubConfigId.of(FusionMethod.settings(FusionConfig.fixed(a, b))))
                .isEqualTo("368b8b00d16e5e95");
    }

    @Test
    void create_freshFusion_staysNearTheMeanOfWhatItCombines() {
        try (Adapter fresh = Adapter.createWithoutHead(base, "f", FusionConfig.dynamic(a, b), 3)) {
            float[] fused = logits(Selection.fuse(fresh, a, b));
            float[] mean = logits(Selection.average(a, b));
            float[] alone = logits(Selection.of(a));
            assertThat(distance(fused, mean)).isLessThan(distance(fused, alone)).isPositive();
        }
    }

    @Test
    void regularise_values_pullsThemTowardsTheIdentity() {
        try (Adapter fresh = Adapter.createWithoutHead(base, "f", FusionConfig.dynamic(a, b), 3)) {
            String name = fresh.trainable().names().stream()
                    .filter(n -> n.endsWith("value.weight"))
                    .findFirst()
                    .orElseThrow();
            NativeTensors.fill(fresh.parameter(name), 0.5);
            var gradients = fresh.trainable().zerosLike(manager);
            new FusionMethod().regularise((FusionConfig) fresh.config(), fresh.trainable(), gradients);
            float[] gradient = gradients.get(name).toFloatArray();
            assertThat(gradient[0]).isEqualTo(0.02f * (0.5f - 1));
            assertThat(gradient[1]).isEqualTo(0.02f * 0.5f);
            String query = name.replace("value", "query");
            assertThat(gradients.get(query).toFloatArray()).containsOnly(0f);
        }
    }

    @Test
    void fusion_ofWhatItCannotCombine_isRefused() {
        try (Adapter lora = Adapter.createWithoutHead(base, "l", HubLoraConfig.lora(2, 2), 1);
                Adapter houlsby = Adapter.createWithoutHead(
                        base,
                        "h",
                        BottleneckConfig.houlsby().toBuilder().size(2).build(),
                        1)) {
            assertThatThrownBy(() -> FusionConfig.dynamic(a, lora)).hasMessageContaining("l is ADAPTERHUB_LORA");
            assertThatThrownBy(() -> FusionConfig.dynamic(a, houlsby)).hasMessageContaining("the same sub-layers");
            assertThatThrownBy(() -> FusionConfig.dynamic(a, a)).hasMessageContaining("different names");
            assertThatThrownBy(() -> FusionConfig.dynamic()).hasMessageContaining("the same sub-layers");
            assertThatThrownBy(() -> Selection.fuse(fusion, a, lora)).hasMessageContaining("l cannot be fused");
            assertThatThrownBy(() -> Selection.of(fusion)).hasMessageContaining("use fuse(a,b, …)");
        }
    }

    private Map<String, NDArray> inputs() {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        try {
            inputs.put("input_ids", expected.tensor(manager, "input_ids"));
            inputs.put("attention_mask", expected.tensor(manager, "attention_mask"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        inputs.put(
                "token_type_ids",
                Objects.requireNonNull(inputs.get("input_ids")).zerosLike());
        return inputs;
    }

    private Map<String, NDArray> trainingInputs() throws IOException {
        Map<String, NDArray> inputs = inputs();
        inputs.put("labels", expected.tensor(manager, "labels"));
        inputs.put("loss_scale", manager.create(1f / 3));
        return inputs;
    }

    private float[] logits(Selection selection) {
        return NativeTensors.toFloats(Objects.requireNonNull(
                selection.forward(base, manager, inputs()).get("logits")));
    }

    private float[] expected(String name) throws IOException {
        return NativeTensors.toFloats(expected.tensor(manager, name));
    }

    private static double distance(float[] x, float[] y) {
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            largest = Math.max(largest, Math.abs(x[i] - y[i]));
        }
        return largest;
    }

    private static void assertClose(float[] actual, float[] wanted, double tolerance) {
        assertThat(actual).hasSameSizeAs(wanted);
        assertThat(distance(actual, wanted)).isLessThan(tolerance);
    }
}
