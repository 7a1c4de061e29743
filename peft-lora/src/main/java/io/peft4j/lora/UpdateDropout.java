package io.peft4j.lora;

/**
 * What LoHa and LoKr leave out of their update while training, in the place of a dropout of the input.
 *
 * @param row probability of leaving out an output feature, in [0, 1)
 * @param module probability of leaving out the update of a layer in a step, in [0, 1)
 */
public record UpdateDropout(double row, double module) {

    /** Leaves out nothing. */
    public static final UpdateDropout NONE = new UpdateDropout(0, 0);

    public UpdateDropout {
        Settings.checkProbability("dropout of rows", row);
        Settings.checkProbability("dropout of modules", module);
    }
}
