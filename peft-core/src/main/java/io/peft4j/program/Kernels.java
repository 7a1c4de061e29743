package io.peft4j.program;

/**
 * The native routines that programs are compiled to; this is the only place that knows there is a choice.
 *
 * @param linear how linear layers multiply
 * @param overwrites whether operations may write over operands that nobody needs any more, which autograd forbids
 */
public record Kernels(LinearKernel linear, boolean overwrites) {

    /** libtorch's own choice everywhere; the only kernels that libtorch's autograd can differentiate. */
    public static final Kernels DEFAULT = new Kernels(LinearKernel.DEFAULT, false);

    /** A routine for linear layers. */
    public enum LinearKernel {
        /** What libtorch takes by itself: MKL for FLOAT32 on x86, oneDNN for BFLOAT16. */
        DEFAULT {
            @Override
            String script(String x, String weight, String bias, boolean transposed) {
                return transposed
                        ? "torch.matmul(%s, %s)".formatted(x, weight)
                        : "torch.linear(%s, %s, %s)".formatted(x, weight, bias);
            }

            @Override
            String addScript(Script script, boolean transposed) {
                return script.addmm("torch.addmm(%s, ".formatted(script.rows(0)), transposed, 1);
            }
        },
        /** oneDNN's inner product on ordinary tensors, without the copies of {@code to_mkldnn}. */
        ONEDNN {
            @Override
            String script(String x, String weight, String bias, boolean transposed) {
                return "ops.mkldnn._linear_pointwise(%s, %s, %s, \"none\", [], \"\")"
                        .formatted(x, transposed ? weight + ".t()" : weight, bias);
            }

            @Override
            String addScript(Script script, boolean transposed) {
                return "ops.mkldnn._linear_pointwise(%s, %s, %s, None, \"add\")"
                        .formatted(
                                script.operand(1),
                                script.operand(0),
                                transposed ? script.operand(2) + ".t()" : script.operand(2));
            }
        };

        /** Returns x·Wᵀ + b, or x·W when transposed. */
        abstract String script(String x, String weight, String bias, boolean transposed);

        /** Returns operand 0 plus the product of operands 1 and 2. */
        abstract String addScript(Script script, boolean transposed);
    }

    /** Returns the kernels that were fastest for a type in a short measurement on this machine, made once per process. */
    public static Kernels measured(DType dtype) {
        return KernelMeasurement.of(dtype);
    }

    /** Returns whether attention over so many tokens is faster in one operation than as products and a softmax. */
    public boolean fusesAttention(DType dtype, long tokens) {
        return dtype != DType.BFLOAT16 || tokens > 512;
    }
}
