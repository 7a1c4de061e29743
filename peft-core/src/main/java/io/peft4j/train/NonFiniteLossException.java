package io.peft4j.train;

/** Says that the loss or a gradient is no finite number; the adapter is as it was before that step. */
public final class NonFiniteLossException extends ArithmeticException {

    private static final long serialVersionUID = 1;

    private final int step;

    NonFiniteLossException(int step, double loss, double norm) {
        super(
                "step %d: the loss is %s and the norm of the gradients %s; the adapter is as it was after step %d. Lower the learning rate or clip harder."
                        .formatted(step, loss, norm, step - 1));
        this.step = step;
    }

    /** Returns the number of the step, counted from 1. */
    public int step() {
        return step;
    }
}
