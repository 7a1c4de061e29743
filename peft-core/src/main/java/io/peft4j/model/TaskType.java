package io.peft4j.model;

import java.util.Arrays;

/** What a model is asked for; the names are Hugging Face PEFT's {@code task_type}. */
public enum TaskType {
    /** One label, several, or a number per text. */
    SEQ_CLS,
    /** One label per token. */
    TOKEN_CLS,
    /** The next token, for decoders. */
    CAUSAL_LM,
    /** The target's next token, for encoder-decoders. */
    SEQ_2_SEQ_LM,
    /** Hidden states and sentence vectors. */
    FEATURE_EXTRACTION;

    /**
     * Returns the type of a name.
     *
     * @throws IllegalArgumentException listing the types if there is none of that name
     */
    public static TaskType of(String name) {
        return Arrays.stream(values())
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown task type %s; there are %s".formatted(name, Arrays.toString(values()))));
    }
}
