package io.peft4j.models.text;

import io.peft4j.train.Example;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes examples for a decoder of texts: every token of a plain text is to be predicted but the first; of a prompt with a
 * completion only those of the completion, and the token that ends a text after it.
 */
final class CompletionEncoder extends ExampleEncoder {

    CompletionEncoder(Tokenizer tokenizer, int maxLength) {
        super(tokenizer, maxLength);
    }

    /** An empty prompt is the token that begins a text, which the tokenizer must have then. */
    @Override
    int[] prompt(String text) {
        int[] ids = withoutEnd(tokenizer().encode(text).ids());
        OptionalInt begin = tokenizer().id(SpecialToken.BOS);
        if (ids.length == 0 && begin.isEmpty()) {
            throw new IllegalArgumentException("the prompt is empty, and the tokenizer has no token to begin with");
        }
        return ids.length == 0 ? new int[] {begin.getAsInt()} : ids;
    }

    @Override
    int[] before(int[] prompt) {
        return prompt;
    }

    @Override
    Encoded encode(CompletionRow row) {
        boolean plain = row.prompt().isEmpty();
        int[] text = tokenizer().encode(row.prompt() + row.completion()).ids();
        int[] all = plain ? text : withEnd(text);
        int given = plain ? 1 : given(row.prompt(), all);
        int[] ids = Arrays.copyOf(all, Math.min(all.length, maxLength()));
        boolean truncated = ids.length < all.length;
        if (ids.length <= given) {
            return new Encoded(Optional.empty(), truncated);
        }
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, given, Example.IGNORED);
        return new Encoded(Optional.of(Example.ofTokens(ids, new int[ids.length], labels)), truncated);
    }

    @Override
    int completionLength(CompletionRow row) {
        int[] all = withEnd(tokenizer().encode(row.prompt() + row.completion()).ids());
        return all.length - given(row.prompt(), all);
    }

    /** Returns how many tokens are those of the prompt alone; where the texts meet, a token may be of both. */
    private int given(String prompt, int[] all) {
        int[] ids = prompt(prompt);
        int common = 0;
        while (common < Math.min(ids.length, all.length) && ids[common] == all[common]) {
            common++;
        }
        return Math.max(common, 1);
    }
}
