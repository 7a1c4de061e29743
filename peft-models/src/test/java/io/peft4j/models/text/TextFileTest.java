package io.peft4j.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextFileTest {

    @TempDir
    private Path folder;

    private Path file(String content) throws IOException {
        return file(content.getBytes(StandardCharsets.UTF_8));
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("data"), content);
    }

    private static byte[] gzip(String content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void readTexts_tabSeparated_ignoresOtherColumnsAndKeepsQuotes() throws IOException {
        Path file = file("id\ttext\tlabel\n1\t\"Fine\" he said\tyes\n2\ta \"b\tno\n");

        assertThat(TextFile.readTexts(file))
                .containsExactly(new TextRow("\"Fine\" he said", "yes"), new TextRow("a \"b", "no"));
    }

    @Test
    void read_columnOfTasks_isKeptAsItStandsOrNotThere() throws IOException {
        assertThat(TextFile.readTexts(file("text\ttask\na\t1\nb\tnouns\nc\t\n")))
                .extracting(TextRow::task)
                .containsExactly("1", "nouns", null);
        assertThat(TextFile.readLabelledTexts(file("{\"text\": \"a\", \"label\": \"x\", \"task\": 2}")))
                .containsExactly(new TextRow("a", null, "x", "2"));
        assertThat(TextFile.readCompletions(file("prompt\tcompletion\ttask\na\tb\t0\n")))
                .containsExactly(new CompletionRow("a", "b", "0"));
        assertThat(TextFile.readTagged(file("tokens\ttask\na b\t3\n")))
                .containsExactly(new TaggedRow(List.of("a", "b"), List.of(), "3"));
        assertThat(TextFile.readLabelSets(file("text\tlabels\ttask\na\tx\t0\n")))
                .containsExactly(new MultiLabelRow("a", null, Set.of("x"), "0"));
    }

    @Test
    void readTexts_pairWithoutLabel_hasNullLabel() throws IOException {
        assertThat(TextFile.readTexts(file("text\ttext_b\na\tb\n"))).containsExactly(new TextRow("a", "b", null));
    }

    @Test
    void readTexts_jsonLines_takesNumbersAsLabels() throws IOException {
        Path file = file(
                """
                {"label": 1, "text": "tab\\there", "meta": {"x": []}}
                {"label": 4.5, "text": "é😀", "text_b": null}
                """);

        assertThat(TextFile.readTexts(file)).containsExactly(new TextRow("tab\there", "1"), new TextRow("é😀", "4.5"));
    }

    @Test
    void readTexts_byteOrderMarkWindowsLineEndsAndEmptyLinesAtTheEnd_areNoData() throws IOException {
        assertThat(TextFile.readTexts(file("\uFEFFtext\tlabel\r\na\tb\r\n\r\n\n")))
                .containsExactly(new TextRow("a", "b"));
    }

    @Test
    void readTexts_noLineEndAtTheEnd_keepsTheLastRow() throws IOException {
        assertThat(TextFile.readTexts(file("text\na\nb"))).hasSize(2);
    }

    @Test
    void readTexts_gzip_isUnpackedWhateverItsName() throws IOException {
        assertThat(TextFile.readTexts(file(gzip("text\na\n")))).containsExactly(new TextRow("a", null, null));
    }

    @Test
    void readTexts_gzipCutShort_namesTheLine() throws IOException {
        String rows = IntStream.range(0, 5000).mapToObj(Integer::toString).collect(Collectors.joining("\n"));
        byte[] whole = gzip("text\n" + rows);

        assertThatThrownBy(() -> TextFile.readTexts(file(Arrays.copyOf(whole, whole.length / 2))))
                .isInstanceOf(DataFileException.class)
                .hasMessageMatching("(?s).*line \\d{3,}: the compressed file is damaged here.*");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "text;label\\na\\n | line 2: number of fields is 1, the header names 2: text, label",
                "text;label\\na;b;c\\n | line 2: number of fields is 3, the header names 2: text, label",
                "text;label\\na;\\n | line 2: 'label' is empty",
                "text;label\\n ;x\\n | line 2: 'text' is empty",
                "text\\na\\n\\nb\\n | line 3: is empty; only the end of the file may have empty lines",
                "sentence;label\\na;b\\n | line 1: no column 'text'; columns there: sentence, label",
                "text;text\\na;b\\n | line 1: the header must name each column, and none twice: text, text",
                "text,label\\na,b\\n | line 1: no column 'text'; columns there: text,label",
                "text;label\\n | line 1: the file ends without any row",
                "`` | line 1: the file ends without any row",
                "{\"text\": 3}\\n | line 1: 'text' is no string: 3",
                "{\"text\": \"a\"} x\\n | line 1: is not JSON at column 16",
                "[{\"text\": \"a\"}]\\n | line 1: is not a JSON object",
                "{\"text\": \"a\"}\\n{\"text\": \"b\", \"label\": 1}\\n | line 2: has 'label', the first row has not",
                "{\"text\": \"a\", \"label\": 1}\\n{\"text\": \"b\"}\\n | line 2: no 'label'",
                "{\"label\": 1}\\n | line 1: no column 'text'; columns there: label",
            })
    void readTexts_badRow_tellsFileLineAndReason(String content, String problem) throws IOException {
        Path file = file(content.replace("\\n", "\n").replace(';', '\t'));

        assertThatThrownBy(() -> TextFile.readTexts(file))
                .isInstanceOf(DataFileException.class)
                .hasMessage(file + ", " + problem);
    }

    @Test
    void readTexts_brokenJson_saysWhere() throws IOException {
        Path file = file("{\"text\": \"a\"}\n{\"text\": \"a}\n");

        assertThatThrownBy(() -> TextFile.readTexts(file)).hasMessageContaining("line 2: is not JSON at column");
    }

    @Test
    void readTexts_bytesThatAreNoUtf8_namesTheLine() throws IOException {
        Path file = file(new byte[] {'t', 'e', 'x', 't', '\n', 'a', '\n', (byte) 0xe9, '\n'});

        assertThatThrownBy(() -> TextFile.readTexts(file)).hasMessage(file + ", line 3: is not UTF-8");
    }

    @Test
    void readTexts_someOtherFile_hasOneProblem() throws IOException {
        byte[] bytes = new byte[5000];
        Arrays.fill(bytes, (byte) 0xff);
        bytes[1000] = '\n';

        assertThatThrownBy(() -> TextFile.readTexts(file(bytes))).hasMessageEndingWith(", line 1: is not UTF-8");
        assertThatThrownBy(() -> TextFile.readTexts(file("word ".repeat(5000) + "\n\nrow\n")))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500))
                .hasMessageEndingWith(" …");
    }

    @Test
    void readTexts_manyBadRows_tellsTwentyAtOnce() throws IOException {
        Path file = file("text\tlabel\n" + "a\tb\nbad\n".repeat(25));

        DataFileException e = catchThrowableOfType(DataFileException.class, () -> TextFile.readTexts(file));

        assertThat(e.problems()).hasSize(20);
        assertThat(e.problems().get(1).line()).isEqualTo(5);
        assertThat(e).hasMessageStartingWith(file + " has 25 problems:\n  line 3: ");
        assertThat(e).hasMessageEndingWith("\n  and 5 more");
    }

    @Test
    void readLabelledTexts_labelsThatNobodyKnows_areListedWithTheirLines() throws IOException {
        Path file = file("text\tlabel\na\tx\nb\ty\nc\tz\n");

        assertThat(TextFile.readLabelledTexts(file, List.of("x", "y", "z"))).hasSize(3);
        assertThatThrownBy(() -> TextFile.readLabelledTexts(file, List.of("y")))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("line 2: 'label' is x, which is none of [y]")
                .hasMessageContaining("line 4: 'label' is z, which is none of [y]");
    }

    @Test
    void readLabelledTexts_noLabels_isRefused() throws IOException {
        Path file = file("text\na\n");

        assertThatThrownBy(() -> TextFile.readLabelledTexts(file))
                .hasMessage(file + ", line 1: no column 'label'; columns there: text");
    }

    @Test
    void readPrompts_promptAlone_isTakenBeforeText() throws IOException {
        assertThat(TextFile.readPrompts(file("prompt\na\n"))).containsExactly("a");
        assertThat(TextFile.readPrompts(file("text\tprompt\na\tb\n"))).containsExactly("b");
        assertThat(TextFile.readPrompts(file("text\na\n"))).containsExactly("a");
        Path file = file("completion\na\n");
        assertThatThrownBy(() -> TextFile.readPrompts(file)).hasMessageContaining("no column 'prompt', nor 'text'");
    }

    @Test
    void readTagged_spacesAndArrays_areTheSame() throws IOException {
        List<TaggedRow> rows = List.of(new TaggedRow(List.of("in", "New", "York"), List.of("O", "B-LOC", "I-LOC")));

        assertThat(TextFile.readTagged(file("tokens\ttags\nin New York\tO B-LOC I-LOC\n")))
                .isEqualTo(rows);
        assertThat(
                        TextFile.readTagged(
                                file(
                                        """
                        {"tokens": ["in", "New", "York"], "tags": "O B-LOC I-LOC"}
                        """)))
                .isEqualTo(rows);
    }

    @Test
    void readTagged_noTags_leavesThemEmpty() throws IOException {
        assertThat(TextFile.readTagged(file("tokens\na b\n")))
                .containsExactly(new TaggedRow(List.of("a", "b"), List.of()));
    }

    @Test
    void readTagged_countsDiffer_namesBoth() throws IOException {
        Path file = file("tokens\ttags\na b\tO\na  b\tO O\n");

        assertThatThrownBy(() -> TextFile.readTagged(file))
                .hasMessageContaining("line 2: 2 tokens, 1 tags: each token needs one")
                .hasMessageContaining("line 3: 'tokens' has two spaces in a row or one at an end");
    }

    @Test
    void readCompletions_promptAndCompletion_areTakenBeforeText() throws IOException {
        assertThat(
                        TextFile.readCompletions(
                                file(
                                        """
                        {"prompt": "2+2=", "completion": "4\\n", "text": "2+2=4"}
                        """)))
                .containsExactly(new CompletionRow("2+2=", "4\n"));
    }

    @Test
    void readCompletions_text_isACompletionOfNothing() throws IOException {
        assertThat(TextFile.readCompletions(file("text\nonce upon\n")))
                .containsExactly(new CompletionRow("", "once upon"));
    }

    @Test
    void readCompletions_neitherPresent_namesBothForms() throws IOException {
        Path file = file("prompt\tanswer\na\tb\n");

        assertThatThrownBy(() -> TextFile.readCompletions(file))
                .hasMessage(file + ", line 1: no column 'prompt' and 'completion', nor 'text'; "
                        + "columns there: prompt, answer");
    }

    @Property(tries = 50)
    void readTexts_whatWasWritten_comesBack(@ForAll("rows") List<TextRow> rows) throws IOException {
        Path file = Files.createTempFile("rows", ".tsv");
        try {
            Files.writeString(
                    file,
                    rows.stream()
                            .map(row -> row.text() + "\t" + row.label())
                            .collect(Collectors.joining("\n", "text\tlabel\n", "\n")));

            assertThat(TextFile.readTexts(file)).isEqualTo(rows);
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<List<TextRow>> rows() {
        Arbitrary<String> field = Arbitraries.strings()
                .all()
                .ofMinLength(1)
                .map(text -> text.replaceAll("[\\t\\n\\r\\ud800-\\udfff\\ufeff]", "x"))
                .filter(text -> !text.isBlank());
        return Combinators.combine(field, field).as(TextRow::new).list().ofMinSize(1);
    }
}
