package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.BaseModel;
import java.util.List;

/**
 * A method whose file holds {@code prompt_embeddings}, and what Hugging Face PEFT says of the base model.
 *
 * @param <C> its settings
 */
abstract class PromptMethod<C extends PeftConfig> implements PeftMethod<C> {

    /** Fields that Hugging Face PEFT does not know. */
    private static final List<String> OWN = List.of(PlacementField.NAME, ReparameterizationField.NAME, InitFields.NORM);

    /** Returns the fields that say what the base model is like. */
    abstract JsonObject base(BaseModel base);

    /** Returns all fields; of those that Hugging Face PEFT does not know only the ones that say something. */
    @Override
    public JsonObject write(C config, BaseModel base) {
        JsonObject json = write(config);
        OWN.stream().filter(field -> JsonNull.INSTANCE.equals(json.get(field))).forEach(json::remove);
        base(base).entrySet().forEach(field -> json.add(field.getKey(), field.getValue()));
        return json;
    }

    @Override
    public final void checkBase(ConfigFields fields, BaseModel base) {
        PromptFields.checkBase(fields, base(base));
    }

    @Override
    public final String tensorName(String parameter) {
        return PromptFields.tensorName(parameter);
    }

    @Override
    public final String liveName(String parameter) {
        return PromptFields.liveName(parameter);
    }
}
