package io.peft4j.lora;

import io.peft4j.model.TableSite;
import io.peft4j.program.Tensor;

/** What a method of this family does to one table of embeddings. */
interface TableUpdate {

    /**
     * Returns the rows of the adapted table.
     *
     * @param ids the numbers of the rows [...]
     * @param y the rows without the update [..., D]
     */
    Tensor apply(TableSite site, Tensor ids, Tensor y);

    /** Returns what the table [V, D] becomes with the update merged into it. */
    Tensor merge(TableSite site, Tensor table);
}
