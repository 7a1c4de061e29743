package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;

/** The inner width of a residual network, in a field that Hugging Face PEFT does not know; absent where there is none. */
final class ReparameterizationField {

    static final String NAME = "residual_hidden_size";

    private ReparameterizationField() {}

    static Reparameterization read(ConfigFields fields) {
        return fields.get(NAME) == null
                ? new Reparameterization.None()
                : new Reparameterization.Residual(fields.number(NAME, 1, 1));
    }

    static void write(Reparameterization rows, JsonObject json) {
        if (rows instanceof Reparameterization.Residual residual) {
            json.addProperty(NAME, residual.hidden());
        } else if (rows instanceof Reparameterization.Folded folded) {
            json.addProperty(NAME, folded.original().hidden());
        } else {
            json.add(NAME, JsonNull.INSTANCE);
        }
    }
}
