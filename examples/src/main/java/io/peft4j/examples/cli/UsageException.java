package io.peft4j.examples.cli;

/** Says that options do not make sense together. */
final class UsageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
