package io.peft4j.prompt;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.AttachmentPoint.Kind;
import io.peft4j.model.BaseModel;
import io.peft4j.prompt.PrefixEncoder.Init;
import java.util.List;
import java.util.OptionalInt;

/** Prefix tuning and P-tuning v2 as a service. */
public final class PrefixTuningMethod extends PromptMethod<PrefixTuningConfig> {

    static final String TYPE = "PREFIX_TUNING";

    private static final String PROJECTED = "prefix_projection";
    private static final String INIT = "init_weights";

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
        return new PrefixTuning(config.virtualTokens(), places, layout, config.encoder());
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
        List<String> modules =
                fields.texts("modules_to_save").stream().distinct().toList();
        fields.check(new JsonObject());
        Init start = init.isEmpty() ? Init.DEFAULT : Init.ZERO;
        PrefixEncoder encoder = projected ? new PrefixEncoder.Projected(hidden, start) : new PrefixEncoder.Flat(start);
        return new PrefixTuningConfig(virtualTokens, encoder, modules);
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
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofKeys(base);
    }
}
