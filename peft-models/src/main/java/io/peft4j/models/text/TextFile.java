package io.peft4j.models.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * A file of training or test rows: tab-separated values with a header, or JSON lines; plain or compressed with gzip.
 *
 * <p>Which of them a file is shows in its content, not in its name. Text is UTF-8. Tab-separated values know no quotes and
 * no escapes. A field that is used must not be empty; columns that are not used are ignored; a column that is optional
 * must be in every row or in none. Empty lines are allowed at the end only. The column {@code task} is kept as it stands:
 * what it says matters to adapters that serve several tasks alone.
 *
 * <p>All methods throw {@link DataFileException} for rows that break these rules, with up to twenty of them at once.
 */
public final class TextFile {

    private TextFile() {}

    /** Reads the columns {@code text} and, where there, {@code text_b} and {@code label}. */
    public static List<TextRow> readTexts(Path file) throws IOException {
        return RowReader.read(
                file,
                row -> new TextRow(
                        row.text("text"),
                        row.has("text_b") ? row.text("text_b") : null,
                        row.has("label") ? row.label("label") : null,
                        row.task()));
    }

    /**
     * Reads the columns {@code text}, {@code labels} and, where there, {@code text_b}: the labels of a text are separated by
     * single spaces, or in JSON arrays; a text may have none.
     */
    public static List<MultiLabelRow> readLabelSets(Path file) throws IOException {
        return RowReader.read(
                file,
                row -> new MultiLabelRow(
                        row.text("text"),
                        row.has("text_b") ? row.text("text_b") : null,
                        row.names("labels"),
                        row.task()));
    }

    /** Reads the columns {@code text}, {@code label} and, where there, {@code text_b}. */
    public static List<TextRow> readLabelledTexts(Path file) throws IOException {
        return RowReader.read(
                file,
                row -> new TextRow(
                        row.text("text"),
                        row.has("text_b") ? row.text("text_b") : null,
                        row.label("label"),
                        row.task()));
    }

    /** Reads the same columns, and tells of every label that is none of these. */
    public static List<TextRow> readLabelledTexts(Path file, Collection<String> labels) throws IOException {
        return RowReader.read(
                file,
                row -> new TextRow(
                        row.text("text"),
                        row.has("text_b") ? row.text("text_b") : null,
                        row.label("label", labels),
                        row.task()));
    }

    /** Reads the columns {@code tokens} and, where there, {@code tags}: separated by single spaces, or JSON arrays. */
    public static List<TaggedRow> readTagged(Path file) throws IOException {
        return RowReader.read(
                file,
                row -> new TaggedRow(row.words("tokens"), row.has("tags") ? row.words("tags") : List.of(), row.task()));
    }

    /** Reads the columns {@code tokens} and {@code tags}. */
    public static List<TaggedRow> readLabelledTokens(Path file) throws IOException {
        return RowReader.read(file, row -> new TaggedRow(row.words("tokens"), row.words("tags"), row.task()));
    }

    /** Reads what is to be continued: the column {@code prompt}, or else {@code text}. */
    public static List<String> readPrompts(Path file) throws IOException {
        return RowReader.read(file, row -> {
            if (!row.has("prompt") && !row.has("text")) {
                throw row.lacks("'prompt', nor 'text'");
            }
            return row.text(row.has("prompt") ? "prompt" : "text");
        });
    }

    /** Reads the columns {@code prompt} and {@code completion}, or the column {@code text}. */
    public static List<CompletionRow> readCompletions(Path file) throws IOException {
        return RowReader.read(file, row -> {
            if (row.has("prompt") && row.has("completion")) {
                return new CompletionRow(row.text("prompt"), row.text("completion"), row.task());
            }
            if (row.has("text")) {
                return new CompletionRow("", row.text("text"), row.task());
            }
            throw row.lacks("'prompt' and 'completion', nor 'text'");
        });
    }
}
