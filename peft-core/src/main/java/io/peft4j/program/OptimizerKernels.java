package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.List;

/** The arithmetic of optimizers on flat FLOAT32 buffers, one native call each; everything is written in place. */
public final class OptimizerKernels {

    private static final TorchScriptModule SCRIPT = TorchScriptModule.load(
            new TorchScriptArchive()
                    .method(
                            "clip",
                            "g, largest: float",
                            """
                    norm = torch.linalg_vector_norm(g)
                    factor = torch.clamp(largest / (norm + 1e-6), max=1.0)
                    scaled = g.mul_(factor)
                    return norm
                    """)
                    .method("norm", "g", "return torch.linalg_vector_norm(g)")
                    .method(
                            "adamw",
                            """
                    p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], \
                    rate: float, beta1: float, beta2: float, epsilon: float, decay: float""",
                            """
                    torch._fused_adamw_(p, g, m, v, [], t, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, \
                    eps=epsilon, amsgrad=False, maximize=False)
                    return p[0]
                    """));

    private OptimizerKernels() {}

    /** Scales gradients so that their Euclidean norm is at most {@code largest}; returns the norm before. */
    public static double clip(NDArray gradients, double largest) {
        return scalar("clip", gradients, largest);
    }

    /** Returns the Euclidean norm. */
    public static double norm(NDArray x) {
        return scalar("norm", x);
    }

    /**
     * Takes a step of AdamW for tensors of one rate: Loshchilov and Hutter 2019, with PyTorch's placement of epsilon.
     *
     * <pre>
     * p ← p − rate·decay·p
     * m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
     * p ← p − rate·m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
     * </pre>
     *
     * @param step the number t of this step, counted from 1
     */
    public static void adamW(
            List<NDArray> p,
            List<NDArray> g,
            List<NDArray> m,
            List<NDArray> v,
            long step,
            double rate,
            double beta1,
            double beta2,
            double epsilon,
            double decay) {
        try (NDManager scratch = p.get(0).getManager().newSubManager()) {
            List<NDArray> time = Collections.nCopies(p.size(), scratch.create((float) step));
            SCRIPT.run(scratch, "adamw", p, g, m, v, time, rate, beta1, beta2, epsilon, decay);
        }
    }

    private static double scalar(String method, Object... arguments) {
        try (NDManager scratch = NativeTensors.processManager().newSubManager()) {
            return SCRIPT.run(scratch, method, arguments).singletonOrThrow().toFloatArray()[0];
        }
    }
}
