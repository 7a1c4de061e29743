package io.peft4j.models.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A data file that cannot be used, with its problems and their lines. */
public final class DataFileException extends IOException {

    private static final long serialVersionUID = 1;

    private final transient Path file;
    private final transient List<Problem> problems;

    /** Something wrong with one line, counted from 1. */
    public record Problem(int line, String reason) {

        @Override
        public String toString() {
            return "line " + line + ": " + reason;
        }
    }

    /**
     * Reports problems of a file.
     *
     * @param problems the first of them, at least one
     * @param more how many others there are
     */
    DataFileException(Path file, List<Problem> problems, int more) {
        super(message(file, problems, more));
        this.file = file;
        this.problems = List.copyOf(problems);
    }

    private static String message(Path file, List<Problem> problems, int more) {
        if (problems.size() == 1 && more == 0) {
            return file + ", " + problems.get(0);
        }
        return problems.stream()
                .map(problem -> "\n  " + problem)
                .collect(Collectors.joining(
                        "",
                        file + " has " + (problems.size() + more) + " problems:",
                        more == 0 ? "" : "\n  and " + more + " more"));
    }

    /** Returns the file. */
    public Path file() {
        return file;
    }

    /** Returns the first problems. */
    public List<Problem> problems() {
        return problems;
    }
}
