package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.util.List;
import java.util.Map;

/**
 * Which adapters a computation uses: a value that is passed to it, so nothing is switched and nobody has to wait.
 *
 * @param adapters the adapters by slot
 * @param adaptation what they change together
 */
public record Selection(List<Adapter> adapters, Adaptation adaptation) {

    private static final Selection NONE = new Selection(List.of(), Adaptation.NONE);

    public Selection {
        adapters = List.copyOf(adapters);
    }

    /** Returns the base model alone. */
    public static Selection none() {
        return NONE;
    }

    /** Returns one adapter. */
    public static Selection of(Adapter adapter) {
        return new Selection(List.of(adapter), adapter.adaptation());
    }

    /** Returns a tensor of the adapter in a slot. */
    public NDArray parameter(int slot, String name) {
        return adapters.get(slot).parameter(name);
    }

    /**
     * Computes a model's outputs with these adapters.
     *
     * @param owner the manager that the results are attached to
     * @param inputs the tensors of the batch by name
     */
    public Map<String, NDArray> forward(BaseModel base, NDManager owner, Map<String, NDArray> inputs) {
        return base.forward(owner, adaptation, this::parameter, inputs);
    }
}
