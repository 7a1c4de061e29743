package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Multitask prompt tuning as a service. */
public final class MultitaskPromptMethod extends PromptMethod<MultitaskPromptConfig> {

    static final String TYPE = "MULTITASK_PROMPT_TUNING";

    private static final String TASKS = "num_tasks";
    private static final String RANK = "num_ranks";
    private static final String SOURCE = "prompt_tuning_init_state_dict_path";
    private static final String SOURCE_TASK = "prompt_tuning_init_task";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<MultitaskPromptConfig> configType() {
        return MultitaskPromptConfig.class;
    }

    @Override
    public Adaptation attach(MultitaskPromptConfig config, BaseModel base) {
        if (PromptFields.stacks(base) > 1) {
            throw new IllegalArgumentException(
                    "multitask prompts of encoder-decoders, which lengthen both texts, are not supported (%s); use prompt tuning"
                            .formatted(base.name()));
        }
        return new MultitaskPrompt(
                config.virtualTokens(), config.tasks(), config.rank(), config.init(), PromptFields.words(base));
    }

    @Override
    public MultitaskPromptConfig folded(MultitaskPromptConfig config) {
        return config.init() instanceof MultitaskInit.Stored
                ? config
                : config.init(new MultitaskInit.Stored(config.init()));
    }

    @Override
    public MultitaskPromptConfig tokenised(MultitaskPromptConfig config, Function<String, List<Integer>> tokens) {
        return config.init() instanceof MultitaskInit.Fresh fresh
                ? config.init(new MultitaskInit.Fresh(fresh.prompt().tokenised(tokens)))
                : config;
    }

    @Override
    public MultitaskPromptConfig read(ConfigFields fields) {
        int virtualTokens = PromptFields.read(fields);
        int tasks = fields.number(TASKS, 1, 1);
        int rank = fields.number(RANK, 1, 1);
        MultitaskInit init = init(fields);
        MultitaskPromptConfig config =
                new MultitaskPromptConfig(virtualTokens, tasks, rank, init, fields.modulesToSave());
        fields.check(new JsonObject());
        return config;
    }

    private static MultitaskInit init(ConfigFields fields) {
        String kind = fields.text(InitFields.INIT, "");
        String source = fields.text(SOURCE, "");
        int task = fields.number(SOURCE_TASK, 0, 0);
        for (MultitaskInit.Part part : MultitaskInit.Part.values()) {
            if (kind.equals(part.name())) {
                fields.require(!source.isEmpty(), "%s is missing, which %s %s needs", SOURCE, InitFields.INIT, kind);
                InitFields.skip(fields);
                return new MultitaskInit.Source(part, Path.of(source), task);
            }
        }
        fields.require(
                source.isEmpty(),
                "%s says nothing to %s %s, only to %s",
                SOURCE,
                InitFields.INIT,
                kind,
                Arrays.toString(MultitaskInit.Part.values()));
        return new MultitaskInit.Fresh(InitFields.read(fields));
    }

    @Override
    public JsonObject write(MultitaskPromptConfig config) {
        JsonObject json = PromptFields.write(config.virtualTokens());
        json.addProperty(TASKS, config.tasks());
        json.addProperty(RANK, config.rank());
        json.add(SOURCE, JsonNull.INSTANCE);
        json.addProperty(SOURCE_TASK, 0);
        MultitaskInit init = config.init() instanceof MultitaskInit.Stored stored ? stored.original() : config.init();
        if (init instanceof MultitaskInit.Source source) {
            InitFields.write(new PromptInit.Normal(), json);
            json.addProperty(InitFields.INIT, source.part().name());
            json.addProperty(SOURCE, source.file().toString());
            json.addProperty(SOURCE_TASK, source.task());
        } else if (init instanceof MultitaskInit.Fresh fresh) {
            InitFields.write(fresh.prompt(), json);
        }
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofWords(base);
    }
}
