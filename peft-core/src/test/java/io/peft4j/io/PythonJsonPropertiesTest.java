package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PythonJsonPropertiesTest {

    @Property
    void repr_anyFloat_isShortAndReadsBack(@ForAll long bits) {
        double value = Double.longBitsToDouble(bits);
        if (!Double.isFinite(value)) {
            return;
        }
        String text = PythonFloat.repr(value);

        assertThat(Double.parseDouble(text)).isEqualTo(value);
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Double.toString(value)));
    }

    @Property
    void format_anyString_readsBack(@ForAll String text) throws IOException {
        JsonObject object = new JsonObject();
        object.addProperty(text, text);

        String json = PythonJson.format(object);

        assertThat(json).isASCII();
        assertThat(parse(json)).isEqualTo(object);
    }

    @Property
    void parse_anyText_isReadOrRefused(@ForAll String text) {
        try {
            assertThat(parse("{\"a\":" + text + "}")).isNotNull();
        } catch (IOException e) {
            assertThat(e).isInstanceOf(TensorFileException.class);
        }
    }

    private static JsonObject parse(String json) throws IOException {
        return PythonJson.parse(json.getBytes(StandardCharsets.UTF_8), "test");
    }

    private static long digits(String number) {
        String mantissa = number.replaceAll("[eE].*", "").replace(".", "").replaceAll("^-?0*", "");
        return mantissa.replaceAll("0*$", "").length();
    }
}
