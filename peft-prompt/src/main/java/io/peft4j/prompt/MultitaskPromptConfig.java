package io.peft4j.prompt;

import io.peft4j.adapter.PeftConfig;
import java.util.List;

/**
 * Learned rows before the embeddings of every text, for several tasks that share most of them.
 *
 * @param virtualTokens how many, positive
 * @param tasks how many tasks, positive
 * @param rank of the factors of a task, positive
 * @param init how all start
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record MultitaskPromptConfig(
        int virtualTokens, int tasks, int rank, MultitaskInit init, List<String> modulesToSave) implements PeftConfig {

    public MultitaskPromptConfig {
        modulesToSave = List.copyOf(modulesToSave);
        PromptFields.checkVirtualTokens(virtualTokens);
        if (tasks < 1 || rank < 1) {
            throw new IllegalArgumentException(
                    "tasks and the rank of their factors must be positive: %d and %d".formatted(tasks, rank));
        }
        boolean one =
                init instanceof MultitaskInit.Source source && source.part() != MultitaskInit.Part.ONLY_SOURCE_SHARED;
        if (one && tasks != 1) {
            throw new IllegalArgumentException(
                    "factors of other tasks start one new task, not %d; take the shared prompt only".formatted(tasks));
        }
    }

    @Override
    public String peftType() {
        return MultitaskPromptMethod.TYPE;
    }

    /** Returns settings with factors of rank 1 over a prompt that starts as words drawn at random. */
    public static MultitaskPromptConfig of(int virtualTokens, int tasks) {
        return new MultitaskPromptConfig(
                virtualTokens, tasks, 1, new MultitaskInit.Fresh(new PromptInit.Vocabulary()), List.of());
    }

    /** Returns the same settings with factors of another rank. */
    public MultitaskPromptConfig rank(int other) {
        return new MultitaskPromptConfig(virtualTokens, tasks, other, init, modulesToSave);
    }

    /** Returns the same settings with another start. */
    public MultitaskPromptConfig init(MultitaskInit other) {
        return new MultitaskPromptConfig(virtualTokens, tasks, rank, other, modulesToSave);
    }
}
