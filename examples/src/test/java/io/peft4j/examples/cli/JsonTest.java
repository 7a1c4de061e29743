package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void line_numbersThatJsonHasNot_areNull() {
        JsonObject object = new JsonObject();
        object.addProperty("relative", Double.POSITIVE_INFINITY);
        object.addProperty("text", "NaN");
        object.add("losses", Json.numbers(List.of(1.5, Double.NaN)));

        assertThat(Json.line(object)).isEqualTo("{\"relative\":null,\"text\":\"NaN\",\"losses\":[1.5,null]}");
    }
}
