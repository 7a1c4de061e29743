package io.peft4j.models.text;

import io.peft4j.train.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes examples for a decoder of texts: every token of a plain text is to be predicted but the first; of a prompt with a
 * completion only those of the completion, and the token that ends a text after it.
 */
final class CompletionEncoder {

    private static final Logger logger = LoggerFactory.getLogger(CompletionEncoder.class);

    private final Tokenizer tokenizer;
    private final int maxLength;

    CompletionEncoder(Tokenizer tokenizer, int maxLength) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
    }

    /**
     * Returns the ids of a prompt; an empty one is the token that begins a text.
     *
     * @throws IllegalArgumentException if it is empty and there is no such token
     */
    int[] prompt(String text) {
        int[] ids = withoutEnd(tokenizer.encode(text).ids());
        OptionalInt begin = tokenizer.id(SpecialToken.BOS);
        if (ids.length == 0 && begin.isEmpty()) {
            throw new IllegalArgumentException("the prompt is empty, and the tokenizer has no token to begin with");
        }
        return ids.length == 0 ? new int[] {begin.getAsInt()} : ids;
    }

    /**
     * Returns the examples of rows; those of which no token is left to predict drop out.
     *
     * @throws IllegalArgumentException if none is left
     */
    List<Example> examples(List<CompletionRow> rows) {
        List<Example> examples = new ArrayList<>();
        int truncated = 0;
        for (CompletionRow row : rows) {
            int[] all = row.prompt().isEmpty() ? text(row.completion()) : completed(row);
            int given = row.prompt().isEmpty() ? 1 : given(row.prompt(), all);
            int[] ids = Arrays.copyOf(all, Math.min(all.length, maxLength));
            truncated += ids.length < all.length ? 1 : 0;
            if (ids.length > given) {
                int[] labels = ids.clone();
                Arrays.fill(labels, 0, given, Example.IGNORED);
                examples.add(Example.ofTokens(ids, new int[ids.length], labels));
            }
        }
        report(rows.size(), examples.size(), truncated);
        return examples;
    }

    /** Returns how many tokens a row has behind those of its prompt, the end among them. */
    int completionLength(CompletionRow row) {
        int[] all = completed(row);
        return all.length - given(row.prompt(), all);
    }

    private void report(int rows, int examples, int truncated) {
        if (examples == 0) {
            throw new IllegalArgumentException(
                    "none of %d rows has a token to predict within %d tokens; texts need two tokens at least, prompts must leave room for their completions"
                            .formatted(rows, maxLength));
        }
        if (truncated > 0) {
            logger.warn("{} of {} texts are longer than {} tokens and were truncated", truncated, rows, maxLength);
        }
        if (examples < rows) {
            logger.warn("{} of {} rows have no token to predict and are left out", rows - examples, rows);
        }
    }

    private int[] text(String text) {
        return tokenizer.encode(text).ids();
    }

    private int[] completed(CompletionRow row) {
        int[] ids = withoutEnd(tokenizer.encode(row.prompt() + row.completion()).ids());
        OptionalInt end = tokenizer.id(SpecialToken.EOS);
        int[] all = Arrays.copyOf(ids, ids.length + (end.isPresent() ? 1 : 0));
        end.ifPresent(id -> all[ids.length] = id);
        return all;
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

    /** Some tokenizers end every text by themselves. */
    private int[] withoutEnd(int[] ids) {
        OptionalInt end = tokenizer.id(SpecialToken.EOS);
        boolean ends = ids.length > 1 && end.isPresent() && ids[ids.length - 1] == end.getAsInt();
        return ends ? Arrays.copyOf(ids, ids.length - 1) : ids;
    }
}
