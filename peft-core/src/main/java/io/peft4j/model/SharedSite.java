package io.peft4j.model;

/** A computation over an adapter's own tensors that many places of a model share; it is done once per batch. */
public final class SharedSite extends Site {

    SharedSite(StageRecorder stage, String path, int slot) {
        super(stage, path, slot);
    }
}
