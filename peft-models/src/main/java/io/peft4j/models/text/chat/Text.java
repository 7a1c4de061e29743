package io.peft4j.models.text.chat;

/** A text that is being made, of bounded length. */
final class Text {

    private static final int MAX_LENGTH = 10_000_000;
    private static final int MAX_DEPTH = 100;

    private final StringBuilder characters = new StringBuilder();

    static void check(long length) {
        if (length > MAX_LENGTH) {
            throw new TemplateException("the text is longer than %d characters".formatted(MAX_LENGTH));
        }
    }

    /** Refuses values that are in more than so many others. */
    static void checkDepth(int depth) {
        if (depth > MAX_DEPTH) {
            throw new TemplateException("more than %d values are nested".formatted(MAX_DEPTH));
        }
    }

    Text add(String more) {
        check((long) characters.length() + more.length());
        characters.append(more);
        return this;
    }

    /** Adds the texts of items with something between them. */
    static String joined(Iterable<?> items, String between) {
        Text text = new Text();
        String before = "";
        for (Object item : items) {
            text.add(before).add(Values.print(item));
            before = between;
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return characters.toString();
    }
}
