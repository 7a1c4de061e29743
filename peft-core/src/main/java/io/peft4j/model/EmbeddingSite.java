package io.peft4j.model;

/** The input embeddings, the place of prompt tuning and of invertible adapters. */
public final class EmbeddingSite extends Site {

    private final long width;

    EmbeddingSite(StageRecorder stage, String path, int slot, long width) {
        super(stage, path, slot);
        this.width = width;
    }

    /** Returns the number D of features. */
    public long width() {
        return width;
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public EmbeddingSite in(int slot) {
        return new EmbeddingSite(stage(), path(), slot, width);
    }
}
