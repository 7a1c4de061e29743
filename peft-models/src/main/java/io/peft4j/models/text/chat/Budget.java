package io.peft4j.models.text.chat;

import java.util.Collection;
import java.util.Map;

/** What one rendering may use, so that no template takes all of the process's time, memory or stack. */
final class Budget {

    private static final long MAX_STEPS = 5_000_000;
    private static final int MAX_CALLS = 20;

    /** Characters or items that are handled as fast as one step. */
    private static final int PER_STEP = 16;

    /** Comparisons of characters that a search makes at worst as fast as one step. */
    private static final int SEARCHED = 1024;

    private long steps;
    private int calls;

    void step() {
        use(1);
    }

    /** Counts a value that something was made of, or is made from, and returns it. */
    Object count(Object value) {
        if (value instanceof String text) {
            Text.check(text.length());
            use(1L + text.length() / PER_STEP);
        } else if (value instanceof Collection<?> items) {
            use(1L + items.size() / PER_STEP);
        } else {
            use(1);
        }
        return value;
    }

    /** Counts two values that are compared, or one of which is looked for in the other. */
    void countBoth(Object a, Object b) {
        if (a instanceof String x && b instanceof String y) {
            use(1 + (long) x.length() * y.length() / SEARCHED);
        } else if (isContainer(a) && isContainer(b)) {
            countAll(a, 0);
            countAll(b, 0);
        }
        count(a);
        count(b);
    }

    /** Counts a value with all that is in it, as often as it is there. */
    void countAll(Object value, int depth) {
        Text.checkDepth(depth);
        count(value);
        if (value instanceof Collection<?> items) {
            items.forEach(item -> countAll(item, depth + 1));
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(item -> countAll(item, depth + 1));
        }
    }

    /** Counts the call of a macro, which is in all that were not left. */
    void enter() {
        if (++calls > MAX_CALLS) {
            throw new TemplateException("more than %d macros call each other".formatted(MAX_CALLS));
        }
    }

    void leave() {
        calls--;
    }

    private static boolean isContainer(Object value) {
        return value instanceof Collection || value instanceof Map;
    }

    private void use(long count) {
        steps += count;
        if (steps > MAX_STEPS) {
            throw new TemplateException("the chat template takes more than %d steps".formatted(MAX_STEPS));
        }
    }
}
