package io.peft4j.adapter;

import com.google.gson.JsonObject;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.util.List;

/**
 * Trains the head alone, on features that stay as they are.
 *
 * @param modulesToSave modules to train beside the head
 */
public record LinearProbe(List<String> modulesToSave) implements PeftConfig {

    static final String TYPE = "LINEAR_PROBE";

    public LinearProbe {
        modulesToSave = List.copyOf(modulesToSave);
    }

    /** Makes the settings that train the head of a classifier. */
    public LinearProbe() {
        this(List.of());
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    /** The service. */
    public static final class Method implements PeftMethod<LinearProbe> {
        @Override
        public String peftType() {
            return TYPE;
        }

        @Override
        public Class<LinearProbe> configType() {
            return LinearProbe.class;
        }

        @Override
        public Adaptation attach(LinearProbe config, BaseModel base) {
            if (Adapter.modulesToSave(config, base).isEmpty()) {
                throw new IllegalArgumentException(
                        "a linear probe trains the head, and %s has none; name modules to save"
                                .formatted(base.task().type()));
            }
            return Adaptation.NONE;
        }

        @Override
        public LinearProbe read(ConfigFields fields) {
            LinearProbe probe = new LinearProbe(fields.texts("modules_to_save"));
            fields.check(new JsonObject());
            return probe;
        }

        @Override
        public JsonObject write(LinearProbe config) {
            return new JsonObject();
        }
    }
}
