package io.peft4j.lora;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TensorInfo;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files whose rank no change of a layer can have, as Hugging Face PEFT writes them without a word. */
class ExcessRankTest {

    private static final int RANK = 40;

    @TempDir
    private Path folder;

    /** Factors of PEFT's own adapter, filled up with zeros beyond the layer's 24 dimensions, compute what they did. */
    @Test
    void load_rankAboveTheLayers_computesTheSame() throws IOException {
        Path source = Goldens.folder("hf/bert/lora");
        widen(source);
        new GoldenLogits(source).assertGivenBy(folder);
    }

    private void widen(Path source) throws IOException {
        JsonObject json = PythonJson.read(source.resolve("adapter_config.json"));
        int rank = json.get("r").getAsInt();
        json.addProperty("r", RANK);
        json.addProperty("lora_alpha", json.get("lora_alpha").getAsDouble() / rank * RANK);
        AtomicFile.write(folder.resolve("adapter_config.json"), PythonJson.format(json));
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            SafeTensorsFile file = SafeTensorsFile.open(source.resolve("adapter_model.safetensors"));
            List<NamedTensor> tensors = new ArrayList<>();
            for (TensorInfo info : file.tensors()) {
                NDArray tensor = file.tensor(manager, info.name());
                int axis = info.name().contains("lora_A") ? 0 : 1;
                boolean factor = info.name().contains("lora_");
                tensors.add(
                        new NamedTensor(info.name(), DType.FLOAT32, factor ? padded(manager, tensor, axis) : tensor));
            }
            SafeTensorsWriter.write(folder.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));
        }
    }

    private static NDArray padded(NDManager manager, NDArray factor, int axis) {
        long[] rest = factor.getShape().getShape().clone();
        rest[axis] = RANK - rest[axis];
        return factor.concat(manager.zeros(new Shape(rest)), axis);
    }
}
