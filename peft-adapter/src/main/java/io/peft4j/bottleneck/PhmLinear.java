package io.peft4j.bottleneck;

import io.peft4j.model.Initializer;
import io.peft4j.model.SublayerSite;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;

/**
 * x·W + b with W = Σᵢ Rᵢ ⊗ Wᵢ, from [..., in] to [..., out]; see {@link Phm}.
 *
 * <p>The sum over i is one product: R as [n, n·n] and the small matrices as [n, in/n · out/n] give all n·n blocks.
 *
 * @param phm the settings
 * @param location where AdapterHub keeps the tensors, such as {@code adapters.adapter_down.0}
 * @param position {@code down} or {@code up}
 * @param root of the base model, where shared tensors are
 */
record PhmLinear(Phm phm, String location, String position, String root) {

    Tensor apply(SublayerSite site, Tensor x, long out) {
        long in = x.dim(-1).constant();
        long n = phm.dim();
        Tensor small = weights(site, in / n, out / n).reshape(Dim.of(n), Dim.of(in / n * (out / n)));
        Tensor blocks = rules(site)
                .reshape(Dim.of(n), Dim.of(n * n))
                .matMul(small, true, false) // [n·n, in/n · out/n]
                .reshape(Dim.of(n), Dim.of(n), Dim.of(in / n), Dim.of(out / n));
        Tensor weight = blocks.permute(1, 3, 0, 2).reshape(Dim.of(out), Dim.of(in));
        return phm.bias()
                ? x.linear(weight, site.parameter(location + ".b", Initializer.zeros(), out))
                : x.linear(weight);
    }

    /** Returns the small matrices [n, in, out]. */
    private Tensor weights(SublayerSite site, long in, long out) {
        long n = phm.dim();
        long r = phm.rank();
        boolean shared = phm.weights().shared();
        if (!phm.weights().factorized()) {
            return tensor(site, shared ? "W_" + position : "W", shared, true, xavier(in, out), n, in, out);
        }
        String left = shared ? "W_%s_left".formatted(position) : "W_left";
        String right = shared ? "W_%s_right".formatted(position) : "W_right";
        return tensor(site, left, shared, true, xavier(in, r), n, in, r)
                .matMul(tensor(site, right, shared, true, xavier(r, out), n, r, out));
    }

    /** Returns the rules [n, n, n]. */
    private Tensor rules(SublayerSite site) {
        long n = phm.dim();
        boolean shared = phm.rules().shared();
        boolean trained = phm.rules().learned();
        Initializer init = init();
        if (!phm.rules().factorized()) {
            return tensor(site, "phm_rule", shared, trained, init, n, n, n);
        }
        return tensor(site, "phm_rule_left", shared, trained, init, n, n, 1)
                .matMul(tensor(site, "phm_rule_right", shared, trained, init, n, 1, n));
    }

    private Tensor tensor(
            SublayerSite site, String name, boolean shared, boolean trained, Initializer init, long... shape) {
        if (shared) {
            return site.shared(root + "shared_parameters." + name, init, trained, shape);
        }
        String full = location + "." + name;
        return trained ? site.parameter(full, init, shape) : site.constant(full, init, shape);
    }

    /** Shared rules start within their own range, others within 0.01, as AdapterHub has it. */
    private Initializer init() {
        boolean shared = phm.rules().shared();
        return phm.init().rules().equals("uniform")
                ? Initializer.uniform(shared ? 1 : 0.01)
                : Initializer.normal(shared ? phm.init().range() : 0.01);
    }

    private static Initializer xavier(long in, long out) {
        return Initializer.normal(Math.sqrt(2.0 / (in + out)));
    }
}
