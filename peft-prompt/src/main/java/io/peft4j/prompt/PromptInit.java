package io.peft4j.prompt;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import java.util.List;
import java.util.function.Function;

/** How learned rows of embeddings start. */
public sealed interface PromptInit {

    /** Returns the initialiser of rows [P, D]; {@code words} is the base model's table of words. */
    Initializer initializer(String words);

    /** Returns the same with the tokens of the text, if they start from one. */
    default PromptInit tokenised(Function<String, List<Integer>> tokens) {
        return this;
    }

    /**
     * From a file: what they once started from says nothing any more.
     *
     * @param original how they started
     */
    record Stored(PromptInit original) implements PromptInit {
        @Override
        public Initializer initializer(String words) {
            return Initializer.zeros();
        }
    }

    /** From N(0, 1), as PyTorch's embeddings: {@code RANDOM} in files. */
    record Normal() implements PromptInit {
        @Override
        public Initializer initializer(String words) {
            return Initializer.normal(1);
        }
    }

    /**
     * In random directions, as long as the embeddings of words are in the mean: {@code RANDOM} in files, with
     * {@code prompt_init_norm}.
     */
    record NormMatched() implements PromptInit {
        @Override
        public Initializer initializer(String words) {
            return (target, random, base) -> TableRows.directions(target, random, TableRows.meanNorm(base.get(words)));
        }
    }

    /** The embeddings of words drawn at random: {@code SAMPLE_VOCAB} in files. */
    record Vocabulary() implements PromptInit {
        @Override
        public Initializer initializer(String words) {
            return (target, random, base) -> {
                NDArray table = base.get(words);
                int rows = Math.toIntExact(table.getShape().get(0));
                TableRows.copy(target, table, () -> random.nextInt(rows));
            };
        }
    }

    /**
     * The embeddings of a text's tokens, again from the first if they run out: {@code TEXT} in files.
     *
     * @param text what was tokenised
     * @param tokenizer the name of the tokenizer, empty if it is not known
     * @param ids the tokens, special ones included; empty if nobody has tokenised the text yet
     */
    record Text(String text, String tokenizer, List<Integer> ids) implements PromptInit {

        public Text {
            ids = List.copyOf(ids);
            if (text.isEmpty()) {
                throw new IllegalArgumentException("a prompt that starts from a text needs one, and it is empty");
            }
        }

        /**
         * Returns the same text with its tokens.
         *
         * @throws IllegalArgumentException if there are none
         */
        public Text tokens(List<Integer> tokens) {
            if (tokens.isEmpty()) {
                throw new IllegalArgumentException(
                        "the text that a prompt starts from has no tokens: \"%s\"; give another text".formatted(text));
            }
            return new Text(text, tokenizer, tokens);
        }

        @Override
        public PromptInit tokenised(Function<String, List<Integer>> tokens) {
            return ids.isEmpty() ? tokens(tokens.apply(text)) : this;
        }

        @Override
        public Initializer initializer(String words) {
            return (target, random, base) -> {
                if (ids.isEmpty()) {
                    throw new IllegalArgumentException(
                            "the text \"%s\" that the prompt starts from was not tokenised; give its tokens"
                                    .formatted(text));
                }
                NDArray table = base.get(words);
                long rows = table.getShape().get(0);
                int[] next = {0};
                TableRows.copy(target, table, () -> {
                    int id = ids.get(next[0]++ % ids.size());
                    if (id < 0 || id >= rows) {
                        throw new IllegalArgumentException(
                                "token %d of the text \"%s\" is not among the %d of the model"
                                        .formatted(id, text, rows));
                    }
                    return id;
                });
            };
        }
    }
}
