package io.peft4j.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.io.Checkpoint;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A checkpoint with random weights, made once, so that a model is mapped from a file as users' models are. */
final class RandomCheckpoint {

    private RandomCheckpoint() {}

    /** Returns the folder of a model by the name of its shape. */
    static Path of(String shape, DType dtype, long seed) throws IOException {
        JsonObject config = Shapes.config(shape);
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "peft-bench", shape + "-" + dtype + "-" + seed);
        if (!Files.exists(folder.resolve("config.json"))) {
            DType drawn = dtype == DType.FLOAT16 ? DType.FLOAT32 : dtype;
            try (BaseModel model = BaseModel.random(config)
                    .task(Workload.task(config))
                    .precision(drawn)
                    .seed(seed)
                    .load()) {
                SavedModel.write(model, folder, folder);
            }
            if (drawn != dtype) {
                convert(folder.resolve("model.safetensors"), dtype);
            }
        }
        return folder;
    }

    private static void convert(Path file, DType dtype) throws IOException {
        Checkpoint drawn = Checkpoint.open(file);
        try (NDManager scratch = NativeTensors.newManager(Device.cpu())) {
            List<NamedTensor> tensors = new ArrayList<>();
            for (String name : drawn.names()) {
                NDArray values = NativeTensors.cast(scratch, drawn.tensor(scratch, name), dtype);
                tensors.add(new NamedTensor(name, dtype, values));
            }
            SafeTensorsWriter.write(file, tensors, Map.of("format", "pt"));
        }
    }
}
