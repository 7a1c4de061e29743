package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Loads a {@link TokenClassifier} from a folder in Hugging Face layout. Single-use, not thread-safe. */
public final class TokenClassifierLoader {

    private final Path folder;
    private List<String> labels = List.of();
    private DType precision = DType.FLOAT32;
    private Device device = Device.cpu();
    private long seed;

    TokenClassifierLoader(Path folder) {
        this.folder = folder;
    }

    /** Sets the tags to choose from; by default those that the checkpoint was trained for. */
    public TokenClassifierLoader labels(List<String> value) {
        labels = List.copyOf(value);
        return this;
    }

    /** Sets the type to compute in, FLOAT32 by default. */
    public TokenClassifierLoader precision(DType value) {
        precision = value;
        return this;
    }

    /** Sets where to compute, the CPU by default. */
    public TokenClassifierLoader device(Device value) {
        device = value;
        return this;
    }

    /** Sets what a new head is drawn from, 0 by default. */
    public TokenClassifierLoader seed(long value) {
        seed = value;
        return this;
    }

    /** Loads model and tokenizer. */
    public TokenClassifier load() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            var loader =
                    BaseModel.from(folder).precision(precision).device(device).seed(seed);
            BaseModel base = (labels.isEmpty() ? loader : loader.task(Task.tokenClassification(labels))).load();
            if (base.task().type() != TaskType.TOKEN_CLS) {
                base.close();
                throw new IllegalArgumentException("%s was saved for %s; name the tags to choose from"
                        .formatted(folder, base.task().type()));
            }
            return TokenClassifier.of(base, tokenizer);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }
}
