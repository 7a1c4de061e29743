package io.peft4j.model;

import io.peft4j.program.Tensor;

/** A table of rows that are looked up by their numbers, such as the word embeddings: the place of LoRA on embeddings. */
public final class TableSite extends Site {

    private final Tensor table;

    TableSite(StageRecorder stage, String path, int slot, Tensor table) {
        super(stage, path, slot);
        this.table = table;
    }

    /** Returns E [V, D]. */
    public Tensor table() {
        return table;
    }

    /** Returns the number V of rows. */
    public long rows() {
        return table.dim(0).constant();
    }

    /** Returns the number D of features. */
    public long width() {
        return table.dim(1).constant();
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public TableSite in(int slot) {
        return new TableSite(stage(), path(), slot, table);
    }
}
