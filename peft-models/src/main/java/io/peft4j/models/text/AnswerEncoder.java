package io.peft4j.models.text;

import io.peft4j.train.Example;
import java.util.Arrays;
import java.util.Optional;

/**
 * Makes examples for an encoder-decoder: it reads the prompt, and every token of the completion is to be predicted, with the
 * token that ends a text after it.
 */
final class AnswerEncoder extends ExampleEncoder {

    AnswerEncoder(Tokenizer tokenizer, int maxLength) {
        super(tokenizer, maxLength);
    }

    @Override
    int[] prompt(String text) {
        int[] ids = tokenizer().encode(text, maxLength()).ids();
        if (ids.length == 0) {
            throw new IllegalArgumentException("the prompt is empty: an encoder-decoder needs a text to answer");
        }
        return ids;
    }

    /** An answer is a text of its own. */
    @Override
    int[] before(int[] prompt) {
        return new int[0];
    }

    @Override
    int completionLength(CompletionRow row) {
        return withEnd(tokenizer().encode(row.completion()).ids()).length;
    }

    @Override
    Encoded encode(CompletionRow row) {
        if (row.prompt().isEmpty()) {
            throw new IllegalArgumentException(
                    "a row has a text alone: an encoder-decoder needs what to answer and the answer, columns 'prompt' and 'completion'");
        }
        Encoding source = tokenizer().encode(row.prompt(), maxLength());
        int[] target = withEnd(tokenizer().encode(row.completion()).ids());
        int[] labels = Arrays.copyOf(target, Math.min(target.length, maxLength()));
        boolean truncated = source.truncated() || labels.length < target.length;
        Example example = Example.ofTarget(source.ids(), labels);
        return new Encoded(labels.length == 0 ? Optional.empty() : Optional.of(example), truncated);
    }
}
