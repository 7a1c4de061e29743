package io.peft4j.lora;

import io.peft4j.model.TableSite;
import io.peft4j.program.Activation;
import io.peft4j.program.DType;
import io.peft4j.program.Tensor;

/**
 * A table of embeddings with a learned length of each column and a low-rank update of its direction:
 *
 * <pre>
 * y = g·(E[x] + s·Aᵀ[x]·Bᵀ),   g = m/‖E + s·Aᵀ·Bᵀ‖ column by column     E: [V, D] frozen, A: [r, V], B: [D, r], m: [D]
 * </pre>
 *
 * @param lora A, B and s
 */
record DoraTable(LoraTable lora) implements TableUpdate {

    @Override
    public Tensor apply(TableSite site, Tensor ids, Tensor y) {
        return lora.apply(site, ids, y).multiply(gain(site).cast(site.dtype()));
    }

    @Override
    public Tensor merge(TableSite site, Tensor table) {
        return lora.merge(site, table).multiply(gain(site));
    }

    /** Returns g [D] in FLOAT32, with the norms as constants to the gradient; see {@link DoraLinear}. */
    private Tensor gain(TableSite site) {
        double s = lora.scaling();
        Tensor a = lora.a(site).detach(); // [r, V]
        Tensor b = lora.b(site).detach(); // [D, r]
        Tensor ea = site.table().matMul(a, true, true); // [D, r]
        Tensor baa = b.matMul(a.matMul(a, false, true)); // [D, r]
        Tensor change = Rows.dot(ea.scale(2 * s).add(baa.scale(s * s)), b).cast(DType.FLOAT32);
        String table = site.path() + ".weight";
        Tensor squares = site.derived("weight_norm_squared", WeightNorms.ofColumns(table, n -> n), site.width());
        Tensor m = site.master("lora_magnitude_vector", WeightNorms.ofColumns(table, Math::sqrt), site.width());
        return m.divide(squares.add(change).activation(Activation.SQRT));
    }
}
