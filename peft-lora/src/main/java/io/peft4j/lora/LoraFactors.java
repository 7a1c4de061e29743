package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The update of one layer of a trained LoRA on the host, in double precision: Δ = s·B·A.
 *
 * @param a A [r, in]
 * @param b B [out, r]
 * @param scaling s
 */
record LoraFactors(INDArray a, INDArray b, double scaling) {

    static final String A = ".lora_A.weight";
    static final String B = ".lora_B.weight";
    private static final String EMBEDDING_A = ".lora_embedding_A";

    /**
     * Returns the updates of all layers by module path.
     *
     * @throws IllegalArgumentException if the adapter is more than low-rank updates
     */
    static Map<String, LoraFactors> of(Adapter adapter) {
        LoraConfig config = config(adapter);
        Map<String, LoraFactors> factors = new TreeMap<>();
        List<String> rest = new ArrayList<>();
        for (String name : adapter.trainable().names()) {
            if (name.endsWith(A) || name.endsWith(EMBEDDING_A)) {
                String end = name.endsWith(A) ? A : EMBEDDING_A;
                String path = name.substring(0, name.length() - end.length());
                factors.put(path, read(adapter, config, path, end));
            } else if (!name.endsWith(B) && !name.endsWith(".lora_embedding_B")) {
                rest.add(name);
            }
        }
        if (!rest.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s also trains %s, of which there is no weighted sum; create adapters without the head"
                            .formatted(adapter, rest));
        }
        return factors;
    }

    private static LoraConfig config(Adapter adapter) {
        if (adapter.config() instanceof LoraConfig lora) {
            return lora;
        }
        throw new IllegalArgumentException(
                "only LoRAs are combined, and %s is %s".formatted(adapter, adapter.config()));
    }

    private static LoraFactors read(Adapter adapter, LoraConfig config, String path, String end) {
        INDArray a = HostMatrices.read(adapter.parameter(path + end));
        INDArray b = HostMatrices.read(adapter.parameter(path + end.replace("_A", "_B")));
        int rank = config.patterns().rank(path, config.rank());
        double scaling = config.scaling().of(config.patterns().alpha(path, config.alpha()), rank);
        if (!config.init().isResidual() || end.equals(EMBEDDING_A)) {
            return new LoraFactors(a, b, scaling);
        }
        INDArray startA = HostMatrices.read(adapter.parameter(path + "." + ResidualLoraLinear.START_A));
        INDArray startB = HostMatrices.read(adapter.parameter(path + "." + ResidualLoraLinear.START_B));
        return new LoraFactors(Nd4j.vstack(a, startA), Nd4j.hstack(b, startB.neg()), scaling);
    }

    int rank() {
        return a.rows();
    }

    /** Returns Δ [out, in]. */
    INDArray delta() {
        return b.mmul(a).mul(scaling);
    }

    /** Overwrites the parameters of a LoRA whose scaling is 1. */
    void write(Adapter adapter, String path) {
        boolean linear = adapter.trainable().names().contains(path + A);
        NDArray targetA = adapter.parameter(path + (linear ? A : EMBEDDING_A));
        NDArray targetB = adapter.parameter(path + (linear ? B : ".lora_embedding_B"));
        HostMatrices.write(targetA, a.mul(scaling));
        HostMatrices.write(targetB, b);
    }
}
