package io.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Rows that a model learns within seconds. */
final class TinyTexts {

    /** Texts and labels with a tab between them; the labels take turns. */
    static final List<String> ROWS = IntStream.range(0, 16)
            .boxed()
            .flatMap(i -> List.of(
                    "an animal with fur, number " + i + "\tanimal",
                    "a green plant with leaves, number " + i + "\tplant",
                    "to run away fast, number " + i + "\tact")
                    .stream())
            .toList();

    private TinyTexts() {}

    /** Writes the first rows as a table. */
    static void write(Path file, int rows) throws IOException {
        Files.writeString(file, "text\tlabel\n" + String.join("\n", ROWS.subList(0, rows)) + "\n");
    }
}
