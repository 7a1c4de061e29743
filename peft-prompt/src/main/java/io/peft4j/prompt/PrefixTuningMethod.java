package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.AttachmentPoint.Kind;
import io.peft4j.model.BaseModel;
import io.peft4j.prompt.PrefixEncoder.Init;
import io.peft4j.prompt.PrefixTuningConfig.Generation;
import java.util.List;
import java.util.OptionalInt;

/** Prefix tuning and P-tuning v2 as a service. */
public final class PrefixTuningMethod extends PromptMethod<PrefixTuningConfig> {

    static final String TYPE = "PREFIX_TUNING";

    private static final String PROJECTED = "prefix_projection";
    private static final String INIT = "init_weights";

    /** A field that Hugging Face PEFT does not know; absent where answers are written as it writes them. */
    private static final String GENERATION = "prefix_generation";

    private static final String AS_TRAINED = "as_trained";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<PrefixTuningConfig> configType() {
        return PrefixTuningConfig.class;
    }

    @Override
    public Adaptation attach(PrefixTuningConfig config, BaseModel base) {
        AttachmentPoint first = PromptFields.point(base, Kind.KEYS_AND_VALUES);
        List<String> places = base.attachmentPoints().stream()
                .filter(point -> point.kind() == Kind.KEYS_AND_VALUES && point.out() == first.out())
                .map(AttachmentPoint::path)
                .toList();
        PrefixTuning.Layout layout =
                new PrefixTuning.Layout(Math.max(PromptFields.layers(base), places.size()), PromptFields.stacks(base));
        return new PrefixTuning(config.virtualTokens(), places, layout, config.encoder(), config.generation());
    }

    @Override
    public PrefixTuningConfig folded(PrefixTuningConfig config) {
        return config.encoder() instanceof PrefixEncoder.Projected projected
                ? config.encoder(new PrefixEncoder.Folded(projected))
                : config;
    }

    @Override
    public PrefixTuningConfig read(ConfigFields fields) {
        int virtualTokens = PromptFields.read(fields);
        OptionalInt hidden = PromptFields.hidden(fields);
        boolean projected = fields.flag(PROJECTED, false);
        String init = fields.text(INIT, "");
        fields.require(init.isEmpty() || init.equals("zero"), "%s must be zero: %s", INIT, init);
        String generation = fields.text(GENERATION, "");
        fields.require(
                generation.isEmpty() || generation.equals(AS_TRAINED),
                "%s must be %s: %s",
                GENERATION,
                AS_TRAINED,
                generation);
        List<String> modules =
                fields.texts("modules_to_save").stream().distinct().toList();
        fields.check(new JsonObject());
        Init start = init.isEmpty() ? Init.DEFAULT : Init.ZERO;
        PrefixEncoder encoder = projected ? new PrefixEncoder.Projected(hidden, start) : new PrefixEncoder.Flat(start);
        return new PrefixTuningConfig(
                virtualTokens, encoder, generation.isEmpty() ? Generation.AS_PEFT : Generation.AS_TRAINED, modules);
    }

    @Override
    public JsonObject write(PrefixTuningConfig config) {
        JsonObject json = PromptFields.write(config.virtualTokens());
        PrefixEncoder encoder =
                config.encoder() instanceof PrefixEncoder.Folded folded ? folded.original() : config.encoder();
        PromptFields.hidden(
                encoder instanceof PrefixEncoder.Projected projected ? projected.hidden() : OptionalInt.empty(), json);
        json.addProperty(PROJECTED, encoder instanceof PrefixEncoder.Projected);
        json.add(INIT, JsonNull.INSTANCE);
        if (encoder.init() == Init.ZERO) {
            json.addProperty(INIT, "zero");
        }
        if (config.generation() == Generation.AS_TRAINED) {
            json.addProperty(GENERATION, AS_TRAINED);
        }
        return json;
    }

    /** Returns all fields; only files of encoder-decoders say how answers are written. */
    @Override
    public JsonObject write(PrefixTuningConfig config, BaseModel base) {
        JsonObject json = super.write(config, base);
        if (PromptFields.stacks(base) == 1) {
            json.remove(GENERATION);
        }
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofKeys(base);
    }
}
