package io.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the fields of settings may hold. */
class ConfigFieldsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    {"r": 4294967304}                                  | r must be a whole number of at least 1 and less than 2^31: 4294967304
                    {"r": 2.5}                                         | r must be a whole number of at least 1
                    {"r": 1e400}                                       | r must be a whole number of at least 1
                    {"target_modules": 5}                              | target_modules must be a list of texts: 5
                    {"target_modules": ["query", 5]}                   | target_modules must be a list of texts: ["query",5]
                    {"target_modules": ["query", ["key"]]}             | target_modules must be a list of texts: ["query",["key"]]
                    {"target_modules": []}                             | target_modules is missing
                    {"layers_to_transform": [0.5]}                     | layers_to_transform must be a list of whole numbers less than 2^31: [0.5]
                    {"layers_to_transform": [4294967296]}              | layers_to_transform must be a list of whole numbers less than 2^31: [4294967296]
                    {"layers_to_transform": [[1]]}                     | layers_to_transform must be a list of whole numbers less than 2^31: [[1]]
                    """)
    void check_valueThatWouldBeReadAsAnother_isRefused(String json, String message) {
        ConfigFields fields = fields(json);
        fields.number("r", 8, 1);
        fields.targets();

        assertThatThrownBy(() -> fields.check(new JsonObject()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void numbers_oneNumberOrSeveral_areRead() {
        assertThat(fields("{\"layers\": 3}").numbers("layers")).containsExactly(3);
        assertThat(fields("{\"layers\": [3, 2147483647]}").numbers("layers")).containsExactly(3, Integer.MAX_VALUE);
        assertThat(fields("{\"names\": \"all\"}").texts("names")).containsExactly("all");
        assertThat(fields("{\"names\": null}").texts("names")).isEmpty();
    }

    private static ConfigFields fields(String json) {
        return new ConfigFields(JsonParser.parseString(json).getAsJsonObject(), "settings");
    }
}
