package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.program.Activation;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Recording;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Pulls the singular vectors of AdaLoRA towards orthogonality: the mean over all A and B of ‖M‖ times a strength, in the loss.
 *
 * <pre>
 * M = A·Aᵀ − 1 or Bᵀ·B − 1      ∂‖M‖/∂A = 2·M·A/‖M‖, ∂‖M‖/∂B = 2·B·M/‖M‖      A: [r, in], B: [out, r], M: [r, r]
 * </pre>
 *
 * @param strength what the mean is multiplied by
 */
record Orthogonality(double strength) {

    /** Keeps the gradient of exactly orthogonal vectors finite. */
    private static final double TINY = 1e-30;

    /** Returns what is added to the loss. */
    double penalty(ParameterBuffer values) {
        double[] sum = new double[1];
        List<String> names = names(values);
        run(names, values, (name, results) -> sum[0] += NativeTensors.toFloats(results.get(0))[0]);
        return names.isEmpty() ? 0 : strength * sum[0] / names.size();
    }

    /** Adds the gradient of that. */
    void addGradient(ParameterBuffer values, ParameterBuffer gradients) {
        List<String> names = names(values);
        run(names, values, (name, results) -> {
            NDArray gradient = gradients.get(name);
            NativeTensors.copy(gradient, NativeTensors.add(results.get(1).getManager(), gradient, results.get(1)));
        });
    }

    private void run(List<String> names, ParameterBuffer values, BiConsumer<String, List<NDArray>> use) {
        if (strength == 0) {
            return;
        }
        try (NDManager scratch = values.flat().getManager().newSubManager()) {
            Map<Long, NDArray> ones = names.stream()
                    .map(name -> rank(name, values))
                    .distinct()
                    .collect(Collectors.toMap(r -> r, r -> identity(scratch, Math.toIntExact(r))));
            for (String name : names) {
                NDArray ones1 = ones.get(rank(name, values));
                CompiledProgram program =
                        program(values.get(name).getShape().getShape(), isA(name), 2 * strength / names.size());
                try (NDManager one = scratch.newSubManager()) {
                    use.accept(name, program.run(one, List.of(values.get(name), ones1)));
                }
            }
        }
    }

    /** Returns ‖M‖ and the gradient of it times a factor. */
    private static CompiledProgram program(long[] shape, boolean isA, double factor) {
        Recording recording = new Recording();
        long r = shape[isA ? 0 : 1];
        Tensor p = recording.input("p", TensorType.of(DType.FLOAT32, shape));
        Tensor ones = recording.input("ones", TensorType.of(DType.FLOAT32, r, r));
        Tensor m = p.matMul(p, !isA, isA).subtract(ones);
        Tensor norm = m.multiply(m).sum().shift(TINY).activation(Activation.SQRT);
        Tensor direction = isA ? m.matMul(p) : p.matMul(m);
        return CompiledProgram.of(
                recording.program(List.of(norm, direction.scale(factor).divide(norm))), Kernels.DEFAULT);
    }

    private static NDArray identity(NDManager owner, int r) {
        float[] values = new float[r * r];
        for (int i = 0; i < r; i++) {
            values[i * r + i] = 1;
        }
        return owner.create(values, new ai.djl.ndarray.types.Shape(r, r));
    }

    private static long rank(String name, ParameterBuffer values) {
        return values.get(name).getShape().get(isA(name) ? 0 : 1);
    }

    private static boolean isA(String name) {
        return name.endsWith("." + AdaLoraLinear.A);
    }

    private static List<String> names(ParameterBuffer values) {
        return values.names().stream()
                .filter(name -> isA(name) || name.endsWith("." + AdaLoraLinear.B))
                .toList();
    }
}
