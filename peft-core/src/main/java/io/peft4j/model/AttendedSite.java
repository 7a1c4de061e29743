package io.peft4j.model;

import io.peft4j.program.Tensor;
import java.util.function.UnaryOperator;

/** What attention makes of a text, the place of prompts that queries attend to apart from the text. */
public final class AttendedSite extends Site {

    private final int layer;
    private final long width;
    private final UnaryOperator<Tensor> attendTo;

    AttendedSite(StageRecorder stage, String path, int slot, int layer, long width, UnaryOperator<Tensor> attendTo) {
        super(stage, path, slot);
        this.layer = layer;
        this.width = width;
        this.attendTo = attendTo;
    }

    /** Returns the number of the layer. */
    public int layer() {
        return layer;
    }

    /** Returns the number D of features that keys and values are computed from. */
    public long width() {
        return width;
    }

    /**
     * Returns what the text's queries make of learned rows alone, through the layer's own keys and values.
     *
     * @param rows [P, D]
     * @return as the output of attention here, [B, T, H·Hd]
     */
    public Tensor attendTo(Tensor rows) {
        return attendTo.apply(rows);
    }

    /** Returns the same place seen by the adapter in another slot of the selection. */
    public AttendedSite in(int slot) {
        return new AttendedSite(stage(), path(), slot, layer, width, attendTo);
    }
}
