package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PythonJsonTest {

    @Test
    void format_documentOfPython_isTheSameText(@TempDir Path folder) throws IOException {
        JsonObject document = PythonJson.read(TestFiles.golden(folder, "python.json"));

        assertThat(PythonJson.format(document))
                .isEqualTo(new String(TestFiles.golden("python.json"), StandardCharsets.UTF_8));
    }

    @Test
    void format_treeOfGson_isTheSameText() throws IOException {
        String text = new String(TestFiles.golden("python.json"), StandardCharsets.UTF_8);

        assertThat(PythonJson.format(JsonParser.parseString(text))).isEqualTo(text);
    }

    @Test
    void format_javaNumbers_arePythons() {
        assertThat(number(8)).isEqualTo("8");
        assertThat(number(8.0)).isEqualTo("8.0");
        assertThat(number(0.1f)).isEqualTo("0.10000000149011612");
        assertThat(number(Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
        assertThat(number(new BigInteger("1" + "0".repeat(30)))).isEqualTo("1" + "0".repeat(30));
        assertThat(number(new BigDecimal("1E-5"))).isEqualTo("1e-05");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void format_notANumber_throws(double value) {
        assertThatThrownBy(() -> number(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("JSON has no number " + value);
    }

    @Test
    void format_arabicLocale_usesAsciiDigits() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertThat(number(-6e-5)).isEqualTo("-6e-05");
            assertThat(number(12)).isEqualTo("12");
            assertThat(PythonJson.format(new JsonPrimitive("é"))).isEqualTo("\"\\u00e9\"");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void parse_numbers_keepTheirKind() throws IOException {
        JsonObject numbers = parse("{\"i\":8,\"f\":8.0,\"e\":1e2,\"z\":-0,\"b\":9223372036854775808}");

        assertThat(PythonJson.format(numbers))
                .isEqualTo(
                        """
                        {
                          "b": 9223372036854775808,
                          "e": 100.0,
                          "f": 8.0,
                          "i": 8,
                          "z": 0
                        }""");
        assertThat(numbers.get("i").getAsNumber()).isEqualTo(8L);
        assertThat(numbers.get("f").getAsNumber()).isEqualTo(8.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":NaN}              | not JSON: malformed at line 1 column 6 path $.a",
                "{\"a\":Infinity}         | not JSON: malformed",
                "{\"a\":1e999}            | 1e999 is too large for a float",
                "{\"a\":01}               | not JSON: malformed",
                "{\"a\":.5}               | not JSON: malformed",
                "{\"a\":True}             | not JSON: malformed",
                "{'a':1}                  | not JSON: malformed",
                "{\"a\":1,}               | not JSON: Expected name",
                "{\"a\":[1,]}             | not JSON: malformed",
                "{\"a\":1} {}             | not JSON: malformed",
                "{\"a\":1 // b            | not JSON: malformed",
                "{\"a\":{\"b\":1,\"b\":2}} | the name \"b\" occurs twice in one object",
                "{\"a\"                   | not JSON: End of input",
                "[1]                      | it must hold a JSON object",
                "``                       | not JSON: End of input"
            })
    void parse_notStrictJson_saysWhy(String json, String problem) {
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(TensorFileException.class)
                .hasMessageStartingWith("cannot read test:\n  " + problem);
    }

    @Test
    void parse_deepNesting_isRefused() {
        assertThatThrownBy(() -> parse("{\"a\":" + "[".repeat(1_000_000)))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining("Nesting limit 100 reached");
    }

    @Test
    void read_hugeFile_isRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("huge.json");
        try (SeekableByteChannel channel = Files.newByteChannel(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.position(64 << 20).write(ByteBuffer.allocate(1));
        }

        assertThatThrownBy(() -> PythonJson.read(file))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining("it has 67108865 bytes, more than 67108864");
    }

    private static String number(Number number) {
        return PythonJson.format(new JsonPrimitive(number));
    }

    private static JsonObject parse(String json) throws IOException {
        return PythonJson.parse(json.getBytes(StandardCharsets.UTF_8), "test");
    }
}
