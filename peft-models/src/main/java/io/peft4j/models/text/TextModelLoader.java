package io.peft4j.models.text;

import ai.djl.Device;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Loads a model with its tokenizer from a folder in Hugging Face layout. Single-use, not thread-safe.
 *
 * @param <M> what it loads
 */
public final class TextModelLoader<M extends TextModel<M>> {

    private final Path folder;
    private final TaskType type;
    private final Function<List<String>, Task> task;
    private final BiFunction<BaseModel, Tokenizer, M> model;
    private List<String> labels = List.of();
    private DType precision = DType.FLOAT32;
    private WeightStorage weights = WeightStorage.CONVERTED;
    private Device device = Device.cpu();
    private long seed;

    /**
     * Makes a loader.
     *
     * @param type what the checkpoint must have been saved for, unless labels are named
     * @param task the task for some labels
     * @param model takes over what was loaded
     */
    TextModelLoader(
            Path folder, TaskType type, Function<List<String>, Task> task, BiFunction<BaseModel, Tokenizer, M> model) {
        this.folder = folder;
        this.type = type;
        this.task = task;
        this.model = model;
    }

    /** Sets the labels to choose from; by default those that the checkpoint was trained for. */
    public TextModelLoader<M> labels(List<String> value) {
        labels = List.copyOf(value);
        return this;
    }

    /** Sets the type to compute in, FLOAT32 by default. */
    public TextModelLoader<M> precision(DType value) {
        precision = value;
        return this;
    }

    /** Sets what becomes of weights of another type than the one to compute in; they are converted by default. */
    public TextModelLoader<M> weights(WeightStorage value) {
        weights = value;
        return this;
    }

    /** Sets where to compute, the CPU by default. */
    public TextModelLoader<M> device(Device value) {
        device = value;
        return this;
    }

    /** Sets what a new head is drawn from, 0 by default. */
    public TextModelLoader<M> seed(long value) {
        seed = value;
        return this;
    }

    /** Loads model and tokenizer. */
    public M load() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(folder);
        try {
            BaseModelLoader loader = BaseModel.from(folder)
                    .precision(precision)
                    .weights(weights)
                    .device(device)
                    .seed(seed);
            BaseModel base = (labels.isEmpty() ? loader : loader.task(task.apply(labels))).load();
            return model(base, tokenizer);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private M model(BaseModel base, Tokenizer tokenizer) {
        try {
            if (base.task().type() != type) {
                throw new IllegalArgumentException("%s was saved for %s; name the labels to choose from"
                        .formatted(folder, base.task().type()));
            }
            return model.apply(base, tokenizer);
        } catch (RuntimeException e) {
            base.close();
            throw e;
        }
    }
}
