package io.peft4j.model;

/** The keys and values of an attention, the place of prefix tuning. */
public final class AttentionSite extends Site {

    private final int layer;
    private final long heads;
    private final long headWidth;

    AttentionSite(StageRecorder stage, String path, int slot, int layer, long heads, long headWidth) {
        super(stage, path, slot);
        this.layer = layer;
        this.heads = heads;
        this.headWidth = headWidth;
    }

    /** Returns the number of the layer. */
    public int layer() {
        return layer;
    }

    /** Returns the number of key and value heads. */
    public long heads() {
        return heads;
    }

    /** Returns the features of a head. */
    public long headWidth() {
        return headWidth;
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public AttentionSite in(int slot) {
        return new AttentionSite(stage(), path(), slot, layer, heads, headWidth);
    }
}
