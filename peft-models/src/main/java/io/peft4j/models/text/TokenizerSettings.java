package io.peft4j.models.text;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model's folder says about its tokenizer that the native side does not read or does not tell.
 *
 * @param vocabulary the id of each token
 * @param specialIds the ids of the special tokens that the model has
 * @param modelMaxLength how many tokens the model takes, null if that is not said
 * @param prefixesWords whether words need a space in front to be encoded as they are within a text
 * @param cleansUp whether decoding closes the gaps before punctuation
 */
record TokenizerSettings(
        Map<String, Integer> vocabulary,
        Map<SpecialToken, Integer> specialIds,
        Side paddingSide,
        Side truncationSide,
        @Nullable Integer modelMaxLength,
        boolean prefixesWords,
        boolean cleansUp) {}
