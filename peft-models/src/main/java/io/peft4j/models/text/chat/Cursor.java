package io.peft4j.models.text.chat;

import java.util.List;

/** A place in the tokens of a template. */
final class Cursor {

    private static final int MAX_DEPTH = 100;

    private final List<Token> tokens;
    private int at;
    private int depth;

    Cursor(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token ahead(int count) {
        return tokens.get(Math.min(at + count, tokens.size() - 1));
    }

    boolean peek(Token.Kind kind) {
        return ahead(0).kind() == kind;
    }

    Token next() {
        Token token = ahead(0);
        at++;
        return token;
    }

    /** Passes a token if it is the one. */
    boolean take(Token.Kind kind, String text) {
        boolean found = ahead(0).is(kind, text);
        at += found ? 1 : 0;
        return found;
    }

    Token expect(Token.Kind kind) {
        if (!peek(kind)) {
            throw fault("a %s is needed before '%s'".formatted(describe(kind, ""), ahead(0).text()));
        }
        return next();
    }

    void expect(Token.Kind kind, String text) {
        if (!take(kind, text)) {
            throw fault("%s is needed before '%s'".formatted(describe(kind, text), ahead(0).text()));
        }
    }

    /** Counts how deeply things are nested. */
    void enter() {
        if (++depth > MAX_DEPTH) {
            throw fault("more than %d things are nested".formatted(MAX_DEPTH));
        }
    }

    void leave() {
        depth--;
    }

    TemplateException fault(String reason) {
        return new TemplateException("line %d of the chat template: %s".formatted(ahead(0).line(), reason));
    }

    private static String describe(Token.Kind kind, String text) {
        return text.isEmpty() ? kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') : "'" + text + "'";
    }
}
