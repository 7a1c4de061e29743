package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.io.PythonJson;
import io.peft4j.model.Architecture;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** Loads a {@link TextGenerator} from a folder in Hugging Face layout. Single-use, not thread-safe. */
public final class TextGeneratorLoader {

    private static final String GENERATION = "generation_config.json";

    private final Path folder;
    private DType precision = DType.FLOAT32;
    private WeightStorage weights = WeightStorage.CONVERTED;
    private Device device = Device.cpu();

    TextGeneratorLoader(Path folder) {
        this.folder = folder;
    }

    /** Sets the type to compute in, FLOAT32 by default. */
    public TextGeneratorLoader precision(DType value) {
        precision = value;
        return this;
    }

    /** Sets what becomes of weights of another type than the one to compute in; they are converted by default. */
    public TextGeneratorLoader weights(WeightStorage value) {
        weights = value;
        return this;
    }

    /** Sets where to compute, the CPU by default. */
    public TextGeneratorLoader device(Device value) {
        device = value;
        return this;
    }

    /** Returns the task in which an architecture generates: answers if it has an encoder, continuations if it has none. */
    private static Task generation(Architecture architecture) {
        return architecture.tasks().contains(TaskType.SEQ_2_SEQ_LM)
                ? Task.sequenceToSequence()
                : Task.causalLanguageModelling();
    }

    /** Loads model and tokenizer. */
    public TextGenerator load() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            BaseModel base = BaseModel.from(folder)
                    .taskOf(TextGeneratorLoader::generation)
                    .precision(precision)
                    .weights(weights)
                    .device(device)
                    .load();
            try {
                TextGenerator generator = TextGenerator.of(base, tokenizer);
                Set<Integer> ends = new TreeSet<>(generator.endTokens());
                Path file = folder.resolve(GENERATION);
                if (Files.exists(file)) {
                    ModelConfig fields = new ModelConfig(PythonJson.read(file), file.toString());
                    ends.addAll(fields.endTokens());
                    fields.check();
                }
                return generator.endingWith(ends);
            } catch (IOException | RuntimeException e) {
                base.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }
}
