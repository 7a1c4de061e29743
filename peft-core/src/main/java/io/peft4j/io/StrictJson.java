package io.peft4j.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON by RFC 8259 to the letter: UTF-8, no comments, no NaN, no trailing commas, bounded nesting. */
final class StrictJson {

    private static final int MAX_DEPTH = 100;
    private static final String LENIENT_ADVICE =
            "Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON";

    /** Reads the document. */
    interface Parse {
        void run(JsonReader json) throws IOException;
    }

    private StrictJson() {}

    /** Parses one document; text that is no such document is added to the problems. */
    static void parse(byte[] utf8, Problems problems, Parse parse) throws IOException {
        JsonReader json = new JsonReader(
                new InputStreamReader(new ByteArrayInputStream(utf8), StandardCharsets.UTF_8.newDecoder()));
        json.setStrictness(Strictness.STRICT);
        json.setNestingLimit(MAX_DEPTH);
        try {
            parse.run(json);
            if (problems.isEmpty() && json.peek() != JsonToken.END_DOCUMENT) {
                problems.add("something follows the JSON document");
            }
        } catch (CharacterCodingException e) {
            problems.add("not UTF-8, after %s", Problems.show(json.getPath()));
        } catch (MalformedJsonException | EOFException e) {
            problems.add("not JSON: %s", fault(e));
        }
    }

    /** Appends a string, escaping what JSON demands and the characters beyond {@code lastPlain}. */
    static StringBuilder appendString(StringBuilder json, String text, char lastPlain) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int special = "\b\t\n\f\r\"\\".indexOf(c);
            if (special >= 0) {
                json.append('\\').append("btnfr\"\\".charAt(special));
            } else if (c < ' ' || c > lastPlain) {
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"');
    }

    /** Returns Gson's words without its advice, which only its callers could follow. */
    private static String fault(IOException e) {
        String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return Problems.show(line.replace(LENIENT_ADVICE, "malformed"));
    }
}
