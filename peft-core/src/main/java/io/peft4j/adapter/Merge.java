package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.BaseModel;
import java.util.List;
import java.util.Map;

/**
 * Folds adapters into the weights of their base model.
 *
 * <p>The result is another model; the base keeps its bytes, so going back is exact: use the base again. Memory is shared
 * but for the weights that change.
 *
 * <p>Merging keeps what is computed: where an adapter changes an embedding and not the output layer that is tied to it,
 * or the other way round, the two are different weights from then on.
 */
public final class Merge implements AutoCloseable {

    private final NDManager manager;
    private final BaseModel model;

    private Merge(NDManager manager, BaseModel model) {
        this.manager = manager;
        this.model = model;
    }

    /**
     * Merges adapters.
     *
     * @throws IllegalArgumentException naming a method whose change is no change of weights
     */
    public static Merge of(BaseModel base, Selection selection) {
        if (!selection.adaptation().isMergeable()) {
            List<String> methods = selection.adapters().stream()
                    .map(adapter -> adapter.config().peftType())
                    .toList();
            throw new IllegalArgumentException("%s changes more than weights and cannot be merged".formatted(methods));
        }
        NDManager manager = base.newManager();
        try {
            Map<String, NDArray> weights = base.merged(manager, selection.adaptation(), selection::parameter);
            return new Merge(manager, base.with(weights));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns the merged model, which needs its base to stay open. */
    public BaseModel model() {
        return model;
    }

    /** Frees the weights that changed. */
    @Override
    public void close() {
        model.close();
        manager.close();
    }
}
