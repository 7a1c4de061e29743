package io.peft4j.model;

import io.peft4j.program.Tensor;

/** The keys and values of an attention, the place of prefix tuning. */
public final class AttentionSite extends Site {

    /** What is attended to. */
    public enum Kind {
        /** The text itself; in an encoder-decoder, the one that it writes. */
        SELF,
        /** The text itself, that an encoder-decoder reads. */
        SOURCE,
        /** The text that an encoder-decoder reads, from the one that it writes. */
        CROSS
    }

    private final Kind kind;
    private final int layer;
    private final Tensor input;
    private final long heads;
    private final long headWidth;

    AttentionSite(
            StageRecorder stage,
            String path,
            int slot,
            Kind kind,
            int layer,
            Tensor input,
            long heads,
            long headWidth) {
        super(stage, path, slot);
        this.kind = kind;
        this.layer = layer;
        this.input = input;
        this.heads = heads;
        this.headWidth = headWidth;
    }

    /** Returns what is attended to. */
    public Kind kind() {
        return kind;
    }

    /** Returns the number of the layer, all layers of the model counted through, an encoder's first. */
    public int layer() {
        return layer;
    }

    /** Returns what queries are computed from, [B, T, D]. */
    public Tensor input() {
        return input;
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
        return new AttentionSite(stage(), path(), slot, kind, layer, input, heads, headWidth);
    }
}
