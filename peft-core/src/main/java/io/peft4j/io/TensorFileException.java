package io.peft4j.io;

import java.io.IOException;

/** A file of weights, or the JSON beside it, breaks the rules of its format. */
public final class TensorFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Creates the exception; the message names the file and everything that is wrong with it. */
    public TensorFileException(String message) {
        super(message);
    }
}
