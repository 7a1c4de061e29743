package io.peft4j.examples.compare;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.train.TrainingOptions;

/**
 * A method as it takes part in a comparison.
 *
 * @param name what the table calls it
 * @param config its settings
 * @param options how it trains
 */
public record Contestant(String name, PeftConfig config, TrainingOptions options) {}
