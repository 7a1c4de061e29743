package io.peft4j.program;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The native routines that programs are compiled to; this is the only place that knows there is a choice.
 *
 * @param linear how linear layers multiply, x·Wᵀ
 * @param transposed how the gradients of their inputs multiply, x·W
 * @param packs whether frozen weights are laid out for oneDNN beforehand, a copy of them, instead of anew in every call
 * @param attention whether attention is one operation
 * @param overwrites whether operations may write over operands that nobody needs any more, which autograd forbids
 */
public record Kernels(
        LinearKernel linear, LinearKernel transposed, boolean packs, AttentionKernel attention, boolean overwrites) {

    /** libtorch's own choice everywhere; the only kernels that libtorch's autograd can differentiate. */
    public static final Kernels DEFAULT =
            new Kernels(LinearKernel.DEFAULT, LinearKernel.DEFAULT, false, AttentionKernel.USUAL, false);

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

    /** Whether attention is one operation, block by block, or products and a softmax. */
    public enum AttentionKernel {
        /** One operation, except over few tokens in BFLOAT16, unless there is a single one: then calls are what takes time. */
        USUAL {
            @Override
            boolean fuses(DType dtype, long tokens) {
                return dtype != DType.BFLOAT16 || tokens > 512 || tokens == 1;
            }
        },
        /** What is clearly faster on this machine, else as usual. */
        MEASURED {
            @Override
            boolean fuses(DType dtype, long tokens) {
                return KernelMeasurement.fusesAttention(dtype, tokens);
            }
        },
        /** Always one operation. */
        FUSED {
            @Override
            boolean fuses(DType dtype, long tokens) {
                return true;
            }
        },
        /** Always products and a softmax. */
        PRODUCTS {
            @Override
            boolean fuses(DType dtype, long tokens) {
                return false;
            }
        };

        abstract boolean fuses(DType dtype, long tokens);
    }

    /** Makes kernels that multiply alike in both directions. */
    public Kernels(LinearKernel linear, boolean overwrites) {
        this(linear, linear, false, AttentionKernel.USUAL, overwrites);
    }

    /**
     * Returns the kernels that are clearly faster than the default in a short measurement on this machine, made once per
     * process.
     *
     * <p>The system properties {@code peft4j.linear} and {@code peft4j.attention} with the name of a kernel force one
     * instead.
     *
     * @throws IllegalArgumentException if a property has another value
     */
    public static Kernels measured(DType dtype) {
        return measured(dtype, Long.MAX_VALUE, false);
    }

    /**
     * Returns the same for products of so many rows, of which few are another matter than many.
     *
     * @param mayPack whether there is memory for packed weights, which are taken if they are much faster
     */
    public static Kernels measured(DType dtype, long rows, boolean mayPack) {
        AttentionKernel attention =
                forced(AttentionKernel.class, "peft4j.attention").orElse(AttentionKernel.MEASURED);
        return forced(LinearKernel.class, "peft4j.linear")
                .map(linear -> new Kernels(linear, true))
                .orElseGet(() -> KernelMeasurement.linear(dtype, rows, mayPack))
                .withAttention(attention);
    }

    /** Returns the same kernels with another one for attention. */
    public Kernels withAttention(AttentionKernel value) {
        return new Kernels(linear, transposed, packs, value, overwrites);
    }

    /** Returns the same kernels with packed weights. */
    public Kernels packing() {
        return new Kernels(linear, transposed, true, attention, overwrites);
    }

    /** Returns whether attention over so many tokens is one operation instead of products and a softmax. */
    public boolean fusesAttention(DType dtype, long tokens) {
        return attention.fuses(dtype, tokens);
    }

    /** Returns how products with a weight are computed. */
    LinearKernel linear(boolean ofTransposed) {
        return ofTransposed ? transposed : linear;
    }

    private static <E extends Enum<E>> Optional<E> forced(Class<E> type, String property) {
        return Optional.ofNullable(System.getProperty(property)).map(name -> Arrays.stream(type.getEnumConstants())
                .filter(kernel -> kernel.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("-D%s must be one of %s: %s"
                        .formatted(property, Arrays.toString(type.getEnumConstants()), name))));
    }
}
