package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class NativeTensorsTest {

    @Test
    void view_ofAView_countsFromItsStart() {
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray whole = manager.create(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
            NDArray part = NativeTensors.view(manager, whole, 4, 2, 3);

            NDArray inner = NativeTensors.view(manager, part, 1, 2, 2);
            NativeTensors.fill(NativeTensors.view(manager, part, 5, 1), -1);

            assertThat(inner.getShape()).isEqualTo(new Shape(2, 2));
            assertThat(inner.toFloatArray()).containsExactly(5, 6, 7, 8);
            assertThat(whole.toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, -1);
        }
    }

    @Test
    void view_beyondTheEnd_throws() {
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray whole = manager.create(new float[10]);
            NDArray part = NativeTensors.view(manager, whole, 0, 4);

            assertThatThrownBy(() -> NativeTensors.view(manager, part, 3, 2))
                    .hasMessageContaining("start (3) + length (2) exceeds dimension size (4)");
        }
    }
}
