package io.peft4j.models.text.chat;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its text; of a string or of plain text the content
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {

    enum Kind {
        TEXT,
        STATEMENT,
        END_STATEMENT,
        OUTPUT,
        END_OUTPUT,
        NAME,
        STRING,
        NUMBER,
        OPERATOR,
        END
    }

    boolean is(Kind other, String expected) {
        return kind == other && text.equals(expected);
    }
}
