package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.BaseModel;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

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

    /** The adapters that are in the weights of merged models, which tell by nothing else. */
    private static final Map<BaseModel, Set<Adapter>> MERGED = Collections.synchronizedMap(new WeakHashMap<>());

    private final NDManager manager;
    private final BaseModel model;

    private Merge(NDManager manager, BaseModel model) {
        this.manager = manager;
        this.model = model;
    }

    /**
     * Merges adapters.
     *
     * @throws IllegalArgumentException naming a method whose change is no change of weights, or an adapter that is merged into
     *     the model already
     */
    public static Merge of(BaseModel base, Selection selection) {
        if (!selection.adaptation().isMergeable()) {
            List<String> methods = selection.adapters().stream()
                    .map(adapter -> adapter.config().peftType())
                    .toList();
            throw new IllegalArgumentException("%s changes more than weights and cannot be merged".formatted(methods));
        }
        Set<Adapter> inside = new LinkedHashSet<>(MERGED.getOrDefault(base, Set.of()));
        List<Adapter> again = selection.adapters().stream()
                .filter(adapter -> !inside.add(adapter))
                .toList();
        if (!again.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s is merged into %s already, and would count twice; merge it into the base model"
                            .formatted(again, base.name()));
        }
        NDManager manager = base.newManager();
        try {
            Map<String, NDArray> weights = base.merged(manager, selection.adaptation(), selection::parameter);
            Merge merge = new Merge(manager, base.with(weights));
            MERGED.put(merge.model, inside);
            return merge;
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
