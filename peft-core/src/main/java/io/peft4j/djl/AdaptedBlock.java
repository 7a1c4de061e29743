package io.peft4j.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.Network;
import io.peft4j.model.RecordingOptions;
import io.peft4j.model.TensorSource;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A base model with one adapter as a DJL block.
 *
 * <p>Its parameters are those of the adapter, on the same memory, so that what DJL's {@code Trainer} learns is in the
 * adapter and can be saved with it; the frozen weights are no parameters of the block. Training goes through libtorch's
 * autograd and DJL's own optimizers: {@link io.peft4j.train.Trainer} is faster, takes less memory and has PyTorch's AdamW.
 *
 * <ul>
 *   <li>inputs, in this order: {@code input_ids} [B, T], {@code attention_mask} [B, T], {@code token_type_ids} [B, T], all
 *       INT64; without the last two nothing is padding and every token is of the first segment
 *   <li>output: logits, [B, labels] or [B, T, labels]
 * </ul>
 *
 * <p>Give it to a model with {@code setBlock}. {@link #clear}, which the model calls when it is closed, frees what the
 * block has; base model and adapter stay open.
 */
public final class AdaptedBlock extends AbstractBlock {

    private static final byte VERSION = 1;
    private static final List<String> INPUTS = List.of("input_ids", "attention_mask", "token_type_ids");
    private static final String LOGITS = "logits";

    private final BaseModel base;
    private final Selection selection;
    private final NDManager manager;
    private final Map<String, Parameter> trained = new LinkedHashMap<>();
    private final Map<String, NDArray> weights = new ConcurrentHashMap<>();
    private final ForwardPass training;
    private final AtomicLong steps = new AtomicLong();

    private AdaptedBlock(BaseModel base, Adapter adapter) {
        super(VERSION);
        this.base = base;
        this.selection = Selection.of(adapter);
        this.manager = base.newManager();
        RecordingOptions options = RecordingOptions.training(adapter.adaptation(), base.dtype(), true);
        this.training = new ForwardPass(base.record(options, (network, task) -> {}), Kernels.DEFAULT);
        for (String name : adapter.trainable().names()) {
            NDArray array = NativeTensors.alias(manager, adapter.parameter(name));
            Parameter parameter = addParameter(Parameter.builder()
                    .setName(name)
                    .setType(Parameter.Type.OTHER)
                    .optArray(array)
                    .build());
            // DJL takes an array whose name has dots for an entry of a dictionary.
            array.setName(null);
            parameter.freeze(false);
            trained.put(name, parameter);
        }
    }

    /**
     * Returns a block.
     *
     * @throws IllegalArgumentException if the task of the model has no logits
     */
    public static AdaptedBlock of(BaseModel base, Adapter adapter) {
        if (base.task().labels().isEmpty()) {
            throw new IllegalArgumentException(
                    "a block classifies, and the model was loaded for %s; load it with labels"
                            .formatted(base.task().type()));
        }
        return new AdaptedBlock(base, adapter);
    }

    /** Returns how many positions of the base model the adapter's virtual tokens take from every text. */
    public int positions() {
        return selection.positions();
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean isTraining,
            @Nullable PairList<String, Object> arguments) {
        NDManager owner = inputs.head().getManager();
        Map<String, NDArray> batch = named(inputs);
        Map<String, NDArray> results =
                isTraining ? record(parameters, owner, batch) : selection.forward(base, owner, batch);
        return new NDList(results.get(LOGITS));
    }

    private Map<String, NDArray> record(ParameterStore parameters, NDManager owner, Map<String, NDArray> batch) {
        TensorSource source = new TensorSource() {
            @Override
            public NDArray weight(String name) {
                return weights.computeIfAbsent(
                        name, key -> NativeTensors.alias(manager, base.weights().get(key)));
            }

            @Override
            public NDArray packed(Network.Argument.PackedWeight packed) {
                throw new IllegalStateException("libtorch's autograd cannot use packed weights: " + packed);
            }

            @Override
            public NDArray parameter(int slot, String name) {
                Parameter parameter = trained.get(name);
                return parameter == null
                        ? weight(name, selection.parameter(slot, name))
                        : parameters.getValue(parameter, owner.getDevice(), true);
            }

            private NDArray weight(String name, NDArray frozen) {
                return weights.computeIfAbsent("adapter " + name, key -> NativeTensors.alias(manager, frozen));
            }
        };
        base.checkBatch(selection.positions(), batch);
        return training.record(owner, source, batch, steps.getAndIncrement());
    }

    private static Map<String, NDArray> named(NDList inputs) {
        if (inputs.size() > INPUTS.size()) {
            throw new IllegalArgumentException("inputs are %s: %d arrays".formatted(INPUTS, inputs.size()));
        }
        List<String> problems = new ArrayList<>();
        Map<String, NDArray> named = new LinkedHashMap<>();
        for (int i = 0; i < INPUTS.size(); i++) {
            NDArray ids = inputs.head();
            NDArray array = i < inputs.size() ? inputs.get(i) : i == 1 ? ids.onesLike() : ids.zerosLike();
            if (array.getDataType() != DataType.INT64 || !array.getShape().equals(ids.getShape())) {
                problems.add("%s must be INT64 %s: %s %s"
                        .formatted(INPUTS.get(i), ids.getShape(), array.getDataType(), array.getShape()));
            }
            named.put(INPUTS.get(i), array);
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return named;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Network network = training.network();
        TensorType logits = network.values().get(network.output(LOGITS));
        Map<String, Long> sizes = Map.of("B", inputShapes[0].get(0), "T", inputShapes[0].get(1));
        return new Shape[] {
            new Shape(logits.shape().stream()
                    .mapToLong(dim -> dim.evaluate(sizes))
                    .toArray())
        };
    }

    /** Frees the block's own arrays; base model and adapter stay as they are. */
    @Override
    public void clear() {
        super.clear();
        manager.close();
    }
}
