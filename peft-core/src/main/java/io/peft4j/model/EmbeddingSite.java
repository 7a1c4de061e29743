package io.peft4j.model;

/** The embeddings of a text, the place of prompt tuning and of invertible adapters. */
public final class EmbeddingSite extends Site {

    /** How far the embeddings are. */
    public enum Place {
        /** Rows of the table of words, before positions, types and norms. */
        WORDS,
        /** What the first layer gets. */
        HIDDEN
    }

    private final Place place;
    private final long width;

    EmbeddingSite(StageRecorder stage, String path, int slot, Place place, long width) {
        super(stage, path, slot);
        this.place = place;
        this.width = width;
    }

    /** Returns how far the embeddings are. */
    public Place place() {
        return place;
    }

    /** Returns the number D of features. */
    public long width() {
        return width;
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public EmbeddingSite in(int slot) {
        return new EmbeddingSite(stage(), path(), slot, place, width);
    }
}
