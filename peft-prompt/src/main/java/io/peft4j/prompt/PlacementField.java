package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.VirtualTokens.Placement;

/** Where rows go, in a field that Hugging Face PEFT does not know; absent where they go as it places them. */
final class PlacementField {

    static final String NAME = "prompt_placement";
    private static final String AFTER_FIRST = "after_first";

    private PlacementField() {}

    static Placement read(ConfigFields fields) {
        String value = fields.text(NAME, "");
        fields.require(value.isEmpty() || value.equals(AFTER_FIRST), "%s must be %s: %s", NAME, AFTER_FIRST, value);
        return value.equals(AFTER_FIRST) ? Placement.AFTER_FIRST : Placement.FIRST;
    }

    static void write(Placement placement, JsonObject json) {
        json.add(NAME, placement == Placement.AFTER_FIRST ? new JsonPrimitive(AFTER_FIRST) : JsonNull.INSTANCE);
    }
}
