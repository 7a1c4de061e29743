package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.List;

/** A layer of a DJL network that has a weight which LoRA can adapt, and the factors that adapt it. */
final class BlockLayer {

    /** What the layer does with its weight. */
    enum Kind {
        LINEAR,
        CONVOLUTION,
        EMBEDDING
    }

    private final String path;
    private final Kind kind;
    private final Parameter weight;
    private List<Parameter> factors = List.of();
    private double scaling;

    private BlockLayer(String path, Kind kind, Parameter weight) {
        this.path = path;
        this.kind = kind;
        this.weight = weight;
    }

    /** Returns the layers of a network in its order. */
    static List<BlockLayer> of(Block network) {
        List<BlockLayer> layers = new ArrayList<>();
        collect(network, "", layers);
        return layers;
    }

    private static void collect(Block block, String path, List<BlockLayer> layers) {
        if (block instanceof Linear) {
            add(block, path, Kind.LINEAR, layers);
        } else if (block instanceof Convolution) {
            add(block, path, Kind.CONVOLUTION, layers);
        } else if (block instanceof Embedding) {
            add(block, path, Kind.EMBEDDING, layers);
        }
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), path.isEmpty() ? child.getKey() : path + "." + child.getKey(), layers);
        }
    }

    private static void add(Block block, String path, Kind kind, List<BlockLayer> layers) {
        for (Pair<String, Parameter> parameter : block.getDirectParameters()) {
            if (parameter.getValue().getType() == Parameter.Type.WEIGHT) {
                layers.add(new BlockLayer(path, kind, parameter.getValue()));
            }
        }
    }

    String path() {
        return path;
    }

    Kind kind() {
        return kind;
    }

    Parameter weight() {
        return weight;
    }

    /** Returns the number of inputs of an output: all but the first dimension; for an embedding the number of rows. */
    long in() {
        Shape shape = weight.getArray().getShape();
        return kind == Kind.EMBEDDING ? shape.get(0) : shape.size() / shape.get(0);
    }

    /** Returns the number of outputs: the first dimension; for an embedding its width. */
    long out() {
        return weight.getArray().getShape().get(kind == Kind.EMBEDDING ? 1 : 0);
    }

    /** Makes the factors A [r, in], uniform in ±1/√in, and B [out, r], zero. */
    List<Parameter> factors(int rank, double s) {
        scaling = s;
        float bound = (float) (1 / Math.sqrt((double) in()));
        Initializer uniform = (manager, shape, type) -> manager.randomUniform(-bound, bound, shape, type);
        factors = List.of(
                factor("lora_A", new Shape(rank, in()), uniform),
                factor("lora_B", new Shape(out(), rank), Initializer.ZEROS));
        return factors;
    }

    /** Returns A or B. */
    Parameter factor(boolean first) {
        return factors.get(first ? 0 : 1);
    }

    long rank() {
        return factor(true).getShape().get(0);
    }

    /** Gives the factors values, beside the weight. */
    void setFactors(float[] a, float[] b) {
        NDManager manager = weight.getArray().getManager();
        // A parameter that knows its shape takes no array, only values.
        factors.forEach(factor -> factor.initialize(manager, DataType.FLOAT32));
        factor(true).getArray().set(a);
        factor(false).getArray().set(b);
    }

    /** Returns W + s·B·A in the shape of W. */
    NDArray merged(NDManager owner) {
        return effective(weight.getArray(), new ParameterStore(owner, false), owner);
    }

    private Parameter factor(String name, Shape shape, Initializer initializer) {
        return Parameter.builder()
                .setName((path.isEmpty() ? "" : path + ".") + name)
                .setType(Parameter.Type.OTHER)
                .optShape(shape)
                .optInitializer(initializer)
                .build();
    }

    /** Returns W + s·B·A in the shape of W, attached to the owner. */
    NDArray effective(NDArray w, ParameterStore store, NDManager owner) {
        NDArray a = store.getValue(factors.get(0), w.getDevice(), true);
        NDArray b = store.getValue(factors.get(1), w.getDevice(), true);
        // An operation's result belongs to the manager of its receiver, here that of a parameter.
        NDArray delta = b.matMul(a);
        delta.attach(owner);
        NDArray shaped = kind == Kind.EMBEDDING ? delta.transpose() : delta.reshape(w.getShape());
        return w.add(shaped.mul(scaling));
    }
}
