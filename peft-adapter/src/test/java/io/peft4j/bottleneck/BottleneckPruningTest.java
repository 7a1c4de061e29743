package io.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Smaller adapters compute what those that they come from compute without what was taken out. */
class BottleneckPruningTest {

    private static final Path CASE = Goldens.folder("adapterhub/bert/double_seq_bn");
    private static final int WIDTH = 24;

    private BaseModel base;
    private NDManager manager;
    private Adapter adapter;
    private Map<String, NDArray> inputs;

    @BeforeEach
    void load() throws IOException {
        base = BaseModel.from(CASE.resolveSibling("base")).load();
        manager = base.newManager();
        adapter = AdapterFolder.open(CASE).load(base);
        inputs = Map.of(
                "input_ids", manager.create(new long[] {1, 5, 6, 7, 8, 9, 1, 11, 12, 13}, new Shape(2, 5)),
                "attention_mask", manager.create(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, new Shape(2, 5)),
                "token_type_ids", manager.create(new long[10], new Shape(2, 5)));
    }

    @AfterEach
    void close() {
        adapter.close();
        manager.close();
        base.close();
    }

    @Test
    void withoutLayers_equalsSkippingThemAndIsSmaller(@TempDir Path folder) throws IOException {
        try (Adapter pruned = BottleneckPruning.withoutLayers(adapter, base, List.of(0))) {
            float[] expected = logits(Selection.of(adapter).skipLayers(List.of(0)));

            assertThat(logits(Selection.of(pruned))).containsExactly(expected, Offset.offset(1e-6f));
            assertThat(expected).isNotEqualTo(logits(Selection.of(adapter)));
            assertThat(pruned.trainable().size()).isEqualTo(adapter.trainable().size() / 2);
            AdapterFolder.save(pruned, base, folder);
            try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
                assertThat(loaded.config()).isEqualTo(AdapterFolder.open(folder).config());
                assertThat(logits(Selection.of(loaded))).containsExactly(expected, Offset.offset(1e-6f));
            }
        }
    }

    @Test
    void toSize_featuresThatReachNothing_areTheOnesTakenOut() {
        int size = size();
        for (String name : adapter.trainable().names()) {
            if (name.endsWith("adapter_up.weight")) {
                silence(adapter.parameter(name), 1, size);
            }
        }
        float[] expected = logits(Selection.of(adapter));

        try (Adapter pruned = BottleneckPruning.toSize(adapter, base, size - 1)) {
            assertThat(logits(Selection.of(pruned))).containsExactly(expected, Offset.offset(1e-6f));
            assertThat(pruned.trainable().size()).isEqualTo(4L * (2 * WIDTH * (size - 1) + (size - 1) + WIDTH));
        }
        try (Adapter pruned = BottleneckPruning.toSize(adapter, base, size - 2)) {
            assertThat(logits(Selection.of(pruned))).isNotEqualTo(expected);
        }
    }

    @Test
    void prune_whatCannotBe_isRefused() throws IOException {
        assertThatThrownBy(() -> BottleneckPruning.withoutLayers(adapter, base, List.of(0, 1)))
                .hasMessageContaining("nothing is left");
        assertThatThrownBy(() -> BottleneckPruning.withoutLayers(adapter, base, List.of(7)))
                .hasMessageContaining("[7]");
        assertThatThrownBy(() -> BottleneckPruning.toSize(adapter, base, size() + 1))
                .hasMessageContaining("can be kept: " + (size() + 1));
        try (Adapter full = Adapter.createWithoutHead(base, new FullFineTuning(), 1);
                Adapter compacter =
                        AdapterFolder.open(CASE.resolveSibling("compacter")).load(base)) {
            assertThatThrownBy(() -> BottleneckPruning.toSize(full, base, 1)).hasMessageContaining("no bottlenecks");
            assertThatThrownBy(() -> BottleneckPruning.toSize(compacter, base, 1))
                    .hasMessageContaining("Kronecker");
        }
    }

    private int size() {
        return ((BottleneckConfig) adapter.config()).shape().reduction().sizeIn(0, WIDTH);
    }

    /** Sets a column of a matrix [rows, columns] to zero. */
    private void silence(NDArray matrix, int column, int columns) {
        float[] values = NativeTensors.toFloats(matrix);
        for (int i = column; i < values.length; i += columns) {
            values[i] = 0;
        }
        NativeTensors.copy(matrix, manager.create(values, matrix.getShape()));
    }

    private float[] logits(Selection selection) {
        return NativeTensors.toFloats(selection.forward(base, manager, inputs).get("logits"));
    }
}
