package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.io.PythonJson;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import io.peft4j.train.Batch;
import io.peft4j.train.Example;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Models and batches of random numbers that all benchmarks share. */
final class Workload {

    private static final int SEED = 1;
    private static final Set<String> DECODERS = Set.of("gpt2", "llama", "mistral", "qwen2", "qwen3");

    private Workload() {}

    /** Returns a classifier of two classes of a known shape, mapped from a file. */
    static BaseModel model(String shape, DType dtype) {
        try {
            return load(RandomCheckpoint.of(shape, dtype, SEED), dtype, WeightStorage.CONVERTED, SEED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the folder of that name, or one with random weights for the shape of that name. */
    static Path folder(String model, DType stored, long seed) throws IOException {
        return Files.isDirectory(Path.of(model)) ? Path.of(model) : RandomCheckpoint.of(model, stored, seed);
    }

    /** Returns the model of a folder. */
    static BaseModel load(Path folder, DType dtype, WeightStorage storage, long seed) throws IOException {
        return BaseModel.from(folder)
                .task(task(PythonJson.read(folder.resolve("config.json"))))
                .precision(dtype)
                .weights(storage)
                .seed(seed)
                .load();
    }

    /** Returns what a model is asked for: the next token if it is a decoder, else one of two labels. */
    static Task task(JsonObject config) {
        return DECODERS.contains(config.get("model_type").getAsString())
                ? new Task(TaskType.CAUSAL_LM, List.of(), Task.Pooling.MODEL)
                : Task.sequenceClassification(List.of("0", "1"));
    }

    /** Returns rows without padding. */
    static List<Example> examples(BaseModel base, int rows, int length) {
        return examples(base, rows, length, SEED);
    }

    /** Returns rows without padding; a decoder's labels are its tokens. */
    static List<Example> examples(BaseModel base, int rows, int length, long seed) {
        int vocabulary = base.config().get("vocab_size").getAsInt();
        boolean decoder = base.task().type() == TaskType.CAUSAL_LM;
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int[] ids = random.ints(length, 10, vocabulary).toArray();
            examples.add(
                    decoder
                            ? Example.ofTokens(ids, new int[length], ids)
                            : Example.of(ids, new int[length], random.nextInt(2)));
        }
        return examples;
    }

    /** Returns one batch of such rows. */
    static Batch batch(BaseModel base, int rows, int length) {
        return new Batch(examples(base, rows, length), 0);
    }
}
