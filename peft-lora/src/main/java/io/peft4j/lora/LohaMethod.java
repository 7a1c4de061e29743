package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Low-rank Hadamard products as a service. */
public final class LohaMethod extends LowRankMethod<LohaConfig> {

    static final String TYPE = "LOHA";

    private static final String DEFAULTS =
            """
            {"layers_pattern": null, "use_effective_conv2d": false}
            """;

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<LohaConfig> configType() {
        return LohaConfig.class;
    }

    @Override
    Adaptation attach(LohaConfig config, BaseModel base, ExcessRank excess) {
        ToIntFunction<String> ranks = path -> config.patterns().rank(path, config.rank());
        Map<String, AttachmentPoint> points =
                LowRankTargets.linears(config.targetModules(), base, config.patterns(), excess.check(ranks));
        excess.tell(ranks, points.values());
        FactorDropout dropout =
                new FactorDropout(config.dropout().row(), config.dropout().module(), true);
        return LowRankUpdates.of(
                LowRankTargets.each(points, point -> {
                    int rank = ranks.applyAsInt(point.path());
                    double alpha = config.patterns().alpha(point.path(), config.alpha());
                    return new LohaLinear(rank, alpha / rank, dropout, config.init());
                }),
                LoraBias.NONE);
    }

    @Override
    public LohaConfig read(ConfigFields fields) {
        LohaConfig.Builder builder = LohaConfig.builder(fields.targets())
                .rank(fields.number("r", LoraConfig.DEFAULT_RANK, 1))
                .alpha(fields.real("alpha", LoraConfig.DEFAULT_ALPHA))
                .dropout(FactorFields.dropout(fields))
                .init(fields.flag("init_weights", true) ? FactorInit.ZERO : FactorInit.RANDOM)
                .patterns(LoraFile.ranks(fields), fields.map("alpha_pattern"))
                .modulesToSave(fields.modulesToSave().toArray(String[]::new));
        fields.check(new ConfigWriter(DEFAULTS).json());
        return builder.build();
    }

    @Override
    public JsonObject write(LohaConfig config) {
        ConfigWriter fields = new ConfigWriter(DEFAULTS)
                .targets(config.targetModules())
                .flag("init_weights", config.init() == FactorInit.ZERO);
        return FactorFields.write(fields, config.rank(), config.alpha(), config.patterns(), config.dropout())
                .json();
    }
}
