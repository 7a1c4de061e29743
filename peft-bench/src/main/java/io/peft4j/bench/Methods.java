package io.peft4j.bench;

import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.lora.LoraConfig;

/** The methods that are measured. */
final class Methods {

    private Methods() {}

    /** Returns the settings of a method by name. */
    static PeftConfig config(String name, int rank) {
        return switch (name) {
            case "full" -> new FullFineTuning();
            case "linear-probe" -> new LinearProbe();
            case "lora" ->
                LoraConfig.builder("query", "value")
                        .rank(rank)
                        .alpha(2.0 * rank)
                        .build();
            case "lora_all" ->
                LoraConfig.builder("query", "key", "value", "dense")
                        .rank(rank)
                        .alpha(2.0 * rank)
                        .build();
            default -> throw new IllegalArgumentException("no method " + name);
        };
    }
}
