package io.peft4j.models.text;

import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.train.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the ids of prompts, and the examples of rows, for a model that generates. */
abstract class ExampleEncoder {

    private static final Logger logger = LoggerFactory.getLogger(ExampleEncoder.class);

    private final Tokenizer tokenizer;
    private final int maxLength;

    ExampleEncoder(Tokenizer tokenizer, int maxLength) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
    }

    /**
     * A row in ids.
     *
     * @param example the example, nothing if no token is left to predict
     * @param truncated whether the row has more tokens than the example
     */
    record Encoded(Optional<Example> example, boolean truncated) {}

    /** Returns the encoder for the task that a model was loaded for. */
    static ExampleEncoder of(BaseModel base, Tokenizer tokenizer, int maxLength) {
        return base.task().type() == TaskType.SEQ_2_SEQ_LM
                ? new AnswerEncoder(tokenizer, maxLength)
                : new CompletionEncoder(tokenizer, maxLength);
    }

    /**
     * Returns the ids of a prompt.
     *
     * @throws IllegalArgumentException if there are none
     */
    abstract int[] prompt(String text);

    /** Returns those ids of a prompt that generated ones stand behind in the same text. */
    abstract int[] before(int[] prompt);

    /** Returns how many tokens a row has behind those of its prompt, the end among them. */
    abstract int completionLength(CompletionRow row);

    abstract Encoded encode(CompletionRow row);

    final Tokenizer tokenizer() {
        return tokenizer;
    }

    final int maxLength() {
        return maxLength;
    }

    /**
     * Returns the examples of rows; those of which no token is left to predict drop out.
     *
     * @throws IllegalArgumentException if none is left, or adapters of several tasks have not those that rows say they are of
     */
    final List<Example> examples(Selection selection, List<CompletionRow> rows) {
        RowTasks tasks = RowTasks.of(selection, rows, CompletionRow::task);
        List<Example> examples = new ArrayList<>();
        int truncated = 0;
        for (int i = 0; i < rows.size(); i++) {
            int number = i;
            Encoded encoded = encode(rows.get(i));
            encoded.example().ifPresent(example -> examples.add(tasks.mark(number, example)));
            truncated += encoded.truncated() ? 1 : 0;
        }
        report(rows.size(), examples.size(), truncated);
        return examples;
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

    /** Returns ids without the end of the text: some tokenizers end every text by themselves. */
    final int[] withoutEnd(int[] ids) {
        OptionalInt end = tokenizer.id(SpecialToken.EOS);
        boolean ends = ids.length > 1 && end.isPresent() && ids[ids.length - 1] == end.getAsInt();
        return ends ? Arrays.copyOf(ids, ids.length - 1) : ids;
    }

    /** Returns ids with one end of the text, if the tokenizer has a token for it. */
    final int[] withEnd(int[] ids) {
        int[] text = withoutEnd(ids);
        OptionalInt end = tokenizer.id(SpecialToken.EOS);
        int[] all = Arrays.copyOf(text, text.length + (end.isPresent() ? 1 : 0));
        end.ifPresent(id -> all[text.length] = id);
        return all;
    }
}
