package io.peft4j.fusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.bottleneck.BottleneckConfig;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import io.peft4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fusions of adapters that are not in every layer: of "a", which is in the second alone, and "b". */
class FusionLeaveOutTest {

    private static final Path CASE = Goldens.folder("adapterhub/bert/fusion_leave_out");

    private BaseModel base;
    private NDManager manager;
    private Adapter a;
    private Adapter b;
    private SafeTensorsFile expected;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(CASE.resolveSibling("base")).load();
        manager = base.newManager();
        a = AdapterFolder.open(CASE.resolve("a")).load(base);
        b = AdapterFolder.open(CASE.resolve("b")).load(base);
        expected = SafeTensorsFile.open(CASE.resolve("io.safetensors"));
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        manager.close();
        base.close();
    }

    @Test
    void fuse_caseOfAdapterHub_givesItsLogitsAndGradients() throws IOException {
        try (Adapter fusion = AdapterFolder.open(CASE.resolve("fusion")).load(base)) {
            Selection selection = Selection.fuse(fusion, a, b);
            assertThat(logits(selection)).containsExactly(expected("logits"), Offset.offset(1e-5f));
            try (TrainingStep step = new TrainingStep(base, selection, fusion, 0.1, Double.POSITIVE_INFINITY)) {
                Map<String, NDArray> inputs = inputs();
                inputs.put("labels", expected.tensor(manager, "labels"));
                inputs.put("loss_scale", manager.create(1f / 3));
                step.accumulate(inputs, 0);
                int compared = 0;
                for (TensorInfo info : expected.tensors()) {
                    if (info.name().startsWith("grad.")) {
                        String name = info.name().substring("grad.".length());
                        assertThat(NativeTensors.toFloats(step.gradients().get(name)))
                                .as(name)
                                .containsExactly(expected(info.name()), Offset.offset(1e-6f));
                        compared++;
                    }
                }
                assertThat(compared).isEqualTo(10);
            }
        }
    }

    @Test
    void save_fusionOfAdaptersThatLeaveTheSameLayerOut_hasNothingThere(@TempDir Path folder) throws IOException {
        BottleneckConfig second = BottleneckConfig.pfeiffer().toBuilder()
                .reductionFactor(12)
                .leaveOut(List.of(0))
                .build();
        try (Adapter c = Adapter.createWithoutHead(base, "c", second, 1);
                Adapter d = Adapter.createWithoutHead(base, "d", second, 2);
                Adapter fusion = Adapter.createWithoutHead(base, "f", FusionConfig.dynamic(c, d), 3)) {
            assertThat(fusion.trainable().names()).noneMatch(name -> name.contains("layer.0."));
            float[] before = logits(Selection.fuse(fusion, c, d));
            AdapterFolder.save(fusion, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(loaded.config()).isEqualTo(fusion.config());
                assertThat(logits(Selection.fuse(loaded, c, d))).containsExactly(before);
            }
        }
    }

    @Test
    void fuse_othersThanItWasMadeFor_isRefused() throws IOException {
        try (Adapter fusion = AdapterFolder.open(CASE.resolve("fusion")).load(base)) {
            assertThatThrownBy(() -> Selection.fuse(fusion, a))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[a, b] in this order, and is given [a]");
            assertThatThrownBy(() -> Selection.fuse(fusion, b, a)).hasMessageContaining("given [b, a]");
        }
    }

    private float[] logits(Selection selection) throws IOException {
        return NativeTensors.toFloats(selection.forward(base, manager, inputs()).get("logits"));
    }

    private Map<String, NDArray> inputs() throws IOException {
        NDArray ids = expected.tensor(manager, "input_ids");
        return new java.util.HashMap<>(Map.of(
                "input_ids",
                ids,
                "attention_mask",
                expected.tensor(manager, "attention_mask"),
                "token_type_ids",
                ids.zerosLike()));
    }

    private float[] expected(String name) throws IOException {
        return NativeTensors.toFloats(expected.tensor(manager, name));
    }
}
