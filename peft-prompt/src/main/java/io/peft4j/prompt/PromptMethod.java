package io.peft4j.prompt;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.BaseModel;

/**
 * A method whose file holds {@code prompt_embeddings}, and what Hugging Face PEFT says of the base model.
 *
 * @param <C> its settings
 */
abstract class PromptMethod<C extends PeftConfig> implements PeftMethod<C> {

    /** Returns the fields that say what the base model is like. */
    abstract JsonObject base(BaseModel base);

    @Override
    public JsonObject write(C config, BaseModel base) {
        JsonObject json = write(config);
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
