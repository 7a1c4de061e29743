package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.TableSite;
import io.peft4j.program.Tensor;

/**
 * The low-rank update of one table of embeddings: y = E[x] + s·Aᵀ[x]·Bᵀ, with E frozen.
 *
 * <ul>
 *   <li>x: [...], y: [..., D], E: [V, D]
 *   <li>A: [r, V], B: [D, r]
 * </ul>
 *
 * <p>A starts at zero and B at N(0, 1), the other way round than on linear layers. There is no dropout, as in PEFT.
 *
 * @param rank r
 * @param scaling s
 */
record LoraTable(int rank, double scaling) implements TableUpdate {

    @Override
    public Tensor apply(TableSite site, Tensor ids, Tensor y) {
        return y.add(a(site).permute(1, 0).embedding(ids).scale(scaling).linear(b(site)));
    }

    /** Returns E + s·Aᵀ·Bᵀ. */
    @Override
    public Tensor merge(TableSite site, Tensor table) {
        return table.add(a(site).matMul(b(site), true, true).scale(scaling));
    }

    Tensor a(TableSite site) {
        return site.parameter("lora_embedding_A", Initializer.zeros(), rank, site.rows());
    }

    Tensor b(TableSite site) {
        return site.parameter("lora_embedding_B", Initializer.normal(1), site.width(), rank);
    }
}
