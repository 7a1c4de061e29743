package io.peft4j.models.text.chat;

/** A chat template that cannot be read, or that refuses what it is to render. */
public final class TemplateException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    TemplateException(String message) {
        super(message);
    }
}
