package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.model.BaseModel;
import io.peft4j.model.SavedModel;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A checkpoint with random weights, made once, so that a model is mapped from a file as users' models are. */
final class RandomCheckpoint {

    private RandomCheckpoint() {}

    /** Returns the folder of a model by the name of its shape. */
    static Path of(String shape, DType dtype, long seed) throws IOException {
        JsonObject config = Shapes.config(shape);
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "peft-bench", shape + "-" + dtype + "-" + seed);
        if (!Files.exists(folder.resolve("config.json"))) {
            try (BaseModel model = BaseModel.random(config)
                    .task(Workload.task(config))
                    .precision(dtype)
                    .seed(seed)
                    .load()) {
                SavedModel.write(model, folder, folder);
            }
        }
        return folder;
    }
}
