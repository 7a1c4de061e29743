package io.peft4j.adapter;

import io.peft4j.model.BaseModel;
import java.util.Locale;

/**
 * How many parameters train, of how many there are.
 *
 * @param trainable the parameters of the adapter
 * @param all those of the base model and of the adapter
 */
public record ParameterCount(long trainable, long all) {

    /**
     * Counts as Hugging Face PEFT does: trained copies of modules count beside the frozen originals.
     *
     * <p>Full fine-tuning has no frozen originals: all of its parameters train.
     */
    public static ParameterCount of(BaseModel base, Adapter adapter) {
        long own = adapter.trainable().size();
        boolean replacesAll = adapter.config() instanceof FullFineTuning;
        long frozen = replacesAll ? 0 : base.parameterCount() + adapter.frozen().size();
        return new ParameterCount(own, frozen + own);
    }

    /** Returns trainable / all. */
    public double share() {
        return (double) trainable / all;
    }

    /** Returns the line that people know from Hugging Face PEFT. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "trainable params: %,d || all params: %,d || trainable%%: %.4f",
                trainable,
                all,
                100 * share());
    }
}
