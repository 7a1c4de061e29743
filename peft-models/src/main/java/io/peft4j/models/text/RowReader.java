package io.peft4j.models.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads the rows of a data file one after another and gathers what is wrong with them. */
final class RowReader<T> {

    private static final int SHOWN_PROBLEMS = 20;
    private static final Pattern JSON_COLUMN = Pattern.compile("column \\d+");
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final Path file;
    private final Function<Row, T> parser;
    private final List<T> rows = new ArrayList<>();
    private final List<DataFileException.Problem> problems = new ArrayList<>();
    private int moreProblems;

    private int line;
    private int emptyLine;
    private int columnsLine;
    private boolean json;
    private Set<String> columns = Set.of();

    private RowReader(Path file, Function<Row, T> parser) {
        this.file = file;
        this.parser = parser;
    }

    /** Returns what the parser makes of each row. */
    static <T> List<T> read(Path file, Function<Row, T> parser) throws IOException {
        RowReader<T> reader = new RowReader<>(file, parser);
        try (InputStream in = open(file)) {
            reader.readLines(in);
        } catch (EOFException | ZipException e) {
            reader.problem(reader.line + 1, "the compressed file is damaged here: " + e.getMessage());
        }
        if (reader.rows.isEmpty() && reader.problems.isEmpty()) {
            reader.problem(Math.max(1, reader.line), "the file ends without any row");
        }
        if (!reader.problems.isEmpty()) {
            throw reader.failure();
        }
        return List.copyOf(reader.rows);
    }

    private static InputStream open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a folder; name a file of rows");
        }
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip ? new BufferedInputStream(new GZIPInputStream(in)) : in;
    }

    private void readLines(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                readLine(bytes.toByteArray());
                bytes.reset();
            } else {
                bytes.write(b);
            }
        }
        if (bytes.size() > 0) {
            readLine(bytes.toByteArray());
        }
    }

    private void readLine(byte[] bytes) throws DataFileException {
        line++;
        try {
            String text = decode(bytes);
            if (text.isEmpty()) {
                emptyLine = emptyLine == 0 ? line : emptyLine;
                return;
            }
            if (emptyLine > 0) {
                problem(emptyLine, "is empty; only the end of the file may have empty lines");
                emptyLine = 0;
            }
            readText(text);
        } catch (IllegalArgumentException e) {
            problem(line, String.valueOf(e.getMessage()));
        } catch (Row.BadColumns e) {
            problems.clear();
            moreProblems = 0;
            problem(columnsLine == 0 ? line : columnsLine, String.valueOf(e.getMessage()));
            throw failure();
        }
    }

    private String decode(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            String start = line == 1 && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
            return start.endsWith("\r") ? start.substring(0, start.length() - 1) : start;
        } catch (CharacterCodingException e) {
            String reason = "is not UTF-8";
            throw columnsLine == 0 ? new Row.BadColumns(reason) : new IllegalArgumentException(reason);
        }
    }

    private void readText(String text) {
        boolean first = columnsLine == 0;
        if (first) {
            columnsLine = line;
            json = text.startsWith("{") || text.startsWith("[");
        }
        if (json) {
            Map<String, JsonElement> fields = parseJson(text);
            columns = columns.isEmpty() ? new LinkedHashSet<>(fields.keySet()) : columns;
            rows.add(parser.apply(new Row(columns, fields)));
        } else if (first) {
            columns = header(text);
        } else {
            rows.add(parser.apply(new Row(columns, split(text))));
        }
    }

    private static Set<String> header(String text) {
        List<String> names = Arrays.asList(text.split("\t", -1));
        Set<String> columns = new LinkedHashSet<>(names);
        if (columns.size() < names.size() || columns.contains("")) {
            throw new Row.BadColumns("the header must name each column, and none twice: " + Row.listed(names));
        }
        return columns;
    }

    private Map<String, JsonElement> split(String text) {
        String[] values = text.split("\t", -1);
        if (values.length != columns.size()) {
            throw new IllegalArgumentException("number of fields is %d, the header names %d: %s"
                    .formatted(values.length, columns.size(), Row.listed(columns)));
        }
        Map<String, JsonElement> fields = new LinkedHashMap<>();
        int i = 0;
        for (String column : columns) {
            fields.put(column, new JsonPrimitive(values[i++]));
        }
        return fields;
    }

    private static Map<String, JsonElement> parseJson(String text) {
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            if (JsonParser.parseReader(reader) instanceof JsonObject object
                    && reader.peek() == JsonToken.END_DOCUMENT) {
                Map<String, JsonElement> fields = new LinkedHashMap<>(object.asMap());
                fields.values().removeIf(JsonElement::isJsonNull);
                return fields;
            }
        } catch (IOException | JsonParseException e) {
            // The rest of the message is advice to programmers.
            Matcher place = JSON_COLUMN.matcher(String.valueOf(e.getMessage()));
            throw new IllegalArgumentException("is not JSON" + (place.find() ? " at " + place.group() : ""));
        }
        throw new IllegalArgumentException("is not a JSON object");
    }

    private void problem(int where, String reason) {
        if (problems.size() < SHOWN_PROBLEMS) {
            problems.add(new DataFileException.Problem(where, reason));
        } else {
            moreProblems++;
        }
    }

    private DataFileException failure() {
        return new DataFileException(file, problems, moreProblems);
    }
}
