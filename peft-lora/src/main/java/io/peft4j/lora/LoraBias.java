package io.peft4j.lora;

import com.google.gson.JsonPrimitive;
import java.util.Set;

/** Which biases of the base model train beside the factors. */
public enum LoraBias {
    /** None: {@code bias="none"}. */
    NONE("none") {
        @Override
        boolean trains(String module, Set<String> adapted) {
            return false;
        }
    },
    /** Those of the adapted layers: {@code bias="lora_only"}. */
    ADAPTED("lora_only") {
        @Override
        boolean trains(String module, Set<String> adapted) {
            return adapted.contains(module);
        }
    },
    /** All of the model: {@code bias="all"}. */
    ALL("all") {
        @Override
        boolean trains(String module, Set<String> adapted) {
            return true;
        }
    };

    private final JsonPrimitive field;

    LoraBias(String field) {
        this.field = new JsonPrimitive(field);
    }

    /** Returns what {@code adapter_config.json} says. */
    JsonPrimitive field() {
        return field;
    }

    /** Returns whether the bias of a module trains. */
    abstract boolean trains(String module, Set<String> adapted);
}
