package io.peft4j.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** What is wrong with a thing, collected in order to be reported at once. */
final class Problems {

    private static final int SHOWN = 20;
    private static final int TEXT_LENGTH = 300;

    private final List<String> shown = new ArrayList<>();
    private long count;

    void add(String format, Object... arguments) {
        if (count < SHOWN) {
            shown.add(format.formatted(arguments));
        }
        count++;
    }

    /** Adds a problem if a text cannot be written as UTF-8. */
    void checkText(String text) {
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            add("%s holds half of a surrogate pair", quote(text));
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Returns the exception for a problem after which no other can be found. */
    static TensorFileException fatal(String file, String format, Object... arguments) {
        Problems problems = new Problems();
        problems.add(format, arguments);
        return problems.exception(file);
    }

    private TensorFileException exception(String file) {
        return new TensorFileException(report("cannot read " + file));
    }

    /** Returns the opening and one line per problem, the later ones only counted. */
    String report(String opening) {
        StringBuilder text = new StringBuilder(opening).append(':');
        shown.forEach(problem -> text.append("\n  ").append(problem));
        if (count > shown.size()) {
            text.append("\n  and %d more".formatted(count - shown.size()));
        }
        return text.toString();
    }

    /** Throws if there is a problem. */
    void throwIfAny(String file) throws TensorFileException {
        if (count > 0) {
            throw exception(file);
        }
    }

    /** Returns what to say of a tensor that is not there. */
    static String unknown(Path path, String name, Collection<String> known) {
        return "%s has no tensor %s; it has %d: %s"
                .formatted(
                        path,
                        quote(name),
                        known.size(),
                        show(known.stream().limit(SHOWN).collect(Collectors.joining(", "))));
    }

    /** Returns a name from a file, in quotes, as a message may show it. */
    static String quote(String name) {
        return '"' + show(name) + '"';
    }

    /** Returns a text from a file as a message may show it: on one line and not too long. */
    static String show(String text) {
        String start = text.length() > TEXT_LENGTH ? text.substring(0, TEXT_LENGTH) + "…" : text;
        return start.replaceAll("\\p{Cntrl}", "?");
    }
}
