package io.peft4j.lora;

import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;

/** The fields that the files of LoHa and LoKr have in common. */
final class FactorFields {

    private FactorFields() {}

    static UpdateDropout dropout(ConfigFields fields) {
        double row = probability(fields, "rank_dropout");
        return new UpdateDropout(row, probability(fields, "module_dropout"));
    }

    static ConfigWriter write(
            ConfigWriter fields, int rank, double alpha, LoraPatterns patterns, UpdateDropout dropout) {
        return fields.number("r", rank)
                .number("alpha", alpha)
                .map("rank_pattern", patterns.rank())
                .map("alpha_pattern", patterns.alpha())
                .real("rank_dropout", dropout.row())
                .real("module_dropout", dropout.module());
    }

    private static double probability(ConfigFields fields, String key) {
        double value = fields.real(key, 0);
        boolean fits = value >= 0 && value < 1;
        fields.require(fits, "%s must be in [0, 1): %s", key, value);
        return fits ? value : 0;
    }
}
