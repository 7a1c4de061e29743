package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Loads a {@link TextClassifier} from a folder in Hugging Face layout. Single-use, not thread-safe. */
public final class TextClassifierLoader {

    private final Path folder;
    private List<String> labels = List.of();
    private DType precision = DType.FLOAT32;
    private Device device = Device.cpu();
    private long seed;

    TextClassifierLoader(Path folder) {
        this.folder = folder;
    }

    /** Sets the labels to choose from; by default those that the checkpoint was trained for. */
    public TextClassifierLoader labels(List<String> value) {
        labels = List.copyOf(value);
        return this;
    }

    /** Sets the type to compute in, FLOAT32 by default. */
    public TextClassifierLoader precision(DType value) {
        precision = value;
        return this;
    }

    /** Sets where to compute, the CPU by default. */
    public TextClassifierLoader device(Device value) {
        device = value;
        return this;
    }

    /** Sets what a new head is drawn from, 0 by default. */
    public TextClassifierLoader seed(long value) {
        seed = value;
        return this;
    }

    /** Loads model and tokenizer. */
    public TextClassifier load() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            var loader =
                    BaseModel.from(folder).precision(precision).device(device).seed(seed);
            BaseModel base = (labels.isEmpty() ? loader : loader.task(Task.sequenceClassification(labels))).load();
            return classifier(base, tokenizer);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private TextClassifier classifier(BaseModel base, Tokenizer tokenizer) {
        try {
            if (base.task().type() != TaskType.SEQ_CLS) {
                throw new IllegalArgumentException("%s was saved for %s; name the labels to classify into"
                        .formatted(folder, base.task().type()));
            }
            return TextClassifier.of(base, tokenizer);
        } catch (RuntimeException e) {
            base.close();
            throw e;
        }
    }
}
