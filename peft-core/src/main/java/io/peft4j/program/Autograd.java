package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * libtorch's grad mode of this thread for a while, without DJL's gradient collector, of which a JVM has only one.
 *
 * <pre>{@code
 * try (Autograd recording = Autograd.record()) {
 *     Autograd.backward(loss, one);
 * }
 * }</pre>
 */
public final class Autograd implements AutoCloseable {

    private final boolean previous = JniUtils.isGradMode();

    private Autograd(boolean enabled) {
        JniUtils.setGradMode(enabled);
    }

    /** Turns grad mode on until closed. */
    public static Autograd record() {
        return new Autograd(true);
    }

    /** Turns grad mode off until closed. */
    public static Autograd pause() {
        return new Autograd(false);
    }

    /** Adds the gradients of {@code output} to every leaf that requires one, and frees the graph. */
    public static void backward(NDArray output, NDArray gradient) {
        JniUtils.backward((PtNDArray) output, (PtNDArray) gradient, false, false);
    }

    /** Restores the grad mode that was found. */
    @Override
    public void close() {
        JniUtils.setGradMode(previous);
    }
}
