package io.peft4j.model;

import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.List;

/** A kind of model: knows its configuration and records its forward pass. Found through {@link java.util.ServiceLoader}. */
public interface Architecture {

    /** Makes architectures of one {@code model_type}. */
    interface Factory {

        /** Returns the {@code model_type} in {@code config.json}. */
        String modelType();

        /**
         * Returns the architecture of a configuration.
         *
         * @throws IllegalArgumentException listing everything that is wrong with the configuration
         */
        Architecture create(ModelConfig config);
    }

    /** Returns what the modules of the base model are called in front where the model has a head, such as {@code bert}. */
    String basePrefix();

    /** Returns the tasks that it has heads for. */
    List<TaskType> tasks();

    /** Returns the task as a checkpoint with such tensors can serve it. */
    default Task fit(Task task, Collection<String> tensors) {
        return task;
    }

    /** Returns the modules of the head, which a new task trains as a whole. */
    List<String> headModules(Task task);

    /** Returns Hugging Face's class of the model with the head for a task. */
    String className(Task task);

    /** Returns the suffixes of the linears that low-rank methods adapt unless told otherwise. */
    List<String> defaultTargets();

    /** Returns whether files hold a weight as [in, out]; models have all of them as [out, in]. */
    default boolean storesTransposed(String weight) {
        return false;
    }

    /** Makes {@code config.json} say that the output layer is no longer tied to the embedding. */
    default void untie(JsonObject config) {
        config.addProperty("tie_word_embeddings", false);
    }

    /** Returns what an output layer that is no longer tied is multiplied by in files. */
    default double untiedFactor() {
        return 1;
    }

    /** Returns how many tokens a text may have. */
    int maxLength();

    /**
     * Returns how many positions it can compute, those of learned tokens among them: the rows of a learned table, or no end
     * where positions are computed.
     */
    default int positionLimit() {
        return maxLength();
    }

    /**
     * Refuses a batch that the model cannot compute.
     *
     * @param rows how many texts it has
     * @param positions how many each takes, those of learned tokens among them
     * @throws IllegalArgumentException if there are too many of either
     */
    default void checkBatch(Task task, long rows, long positions) {
        if (positions > positionLimit()) {
            throw new IllegalArgumentException(
                    "a text takes %d positions, learned tokens among them; the model has %d: truncate it"
                            .formatted(positions, positionLimit()));
        }
    }

    /** Returns how many layers there are. */
    int layers();

    /** Returns the standard deviation that new weights are drawn with. */
    double initializerRange();

    /** Returns whether a tensor of a checkpoint may be there without being used: buffers, heads of other tasks. */
    boolean mayIgnore(String name);

    /** Returns whether a tensor of a checkpoint may be there without being used for a task. */
    default boolean mayIgnore(String name, Task task) {
        return mayIgnore(name);
    }

    /**
     * Records the forward pass.
     *
     * <p>Declares the inputs {@code input_ids} and {@code attention_mask} (and others it needs) and names the outputs:
     * {@code logits} where the task has them, else {@code hidden} and {@code vector}.
     */
    void record(NetworkRecorder network, Task task);
}
