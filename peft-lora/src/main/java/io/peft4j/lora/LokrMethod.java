package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.Map;

/** Low-rank Kronecker products as a service. */
public final class LokrMethod implements PeftMethod<LokrConfig> {

    static final String TYPE = "LOKR";

    private static final String DEFAULTS =
            """
            {"layers_pattern": null, "use_effective_conv2d": false}
            """;

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<LokrConfig> configType() {
        return LokrConfig.class;
    }

    @Override
    public Adaptation attach(LokrConfig config, BaseModel base) {
        Map<String, AttachmentPoint> points =
                LowRankTargets.linears(config.targetModules(), base, config.patterns(), LowRankTargets.ANY);
        UpdateDropout rates = config.dropout().update();
        FactorDropout dropout =
                new FactorDropout(rates.row(), rates.module(), config.dropout().rescales());
        return LowRankUpdates.of(
                LowRankTargets.each(points, point -> {
                    int rank = config.patterns().rank(point.path(), config.rank());
                    double alpha = config.patterns().alpha(point.path(), config.alpha());
                    LokrConfig.Split split = config.split();
                    LokrShape shape =
                            LokrShape.of(point.out(), point.in(), rank, split.factor(), split.decomposesBoth());
                    return new LokrLinear(shape, alpha / rank, dropout, config.init());
                }),
                LoraBias.NONE);
    }

    @Override
    public LokrConfig read(ConfigFields fields) {
        int factor = fields.number("decompose_factor", -1, -1);
        fields.require(factor != 0, "decompose_factor must be positive or -1: 0");
        LokrConfig.Builder builder = LokrConfig.builder(fields.targets())
                .rank(fields.number("r", LoraConfig.DEFAULT_RANK, 1))
                .alpha(fields.real("alpha", LoraConfig.DEFAULT_ALPHA))
                .split(new LokrConfig.Split(factor == 0 ? -1 : factor, fields.flag("decompose_both", false)))
                .dropout(new LokrConfig.Dropout(FactorFields.dropout(fields), fields.flag("rank_dropout_scale", false)))
                .init(fields.choice("init_weights", LokrInit.values(), LokrInit::field, LokrInit.ZERO_P))
                .patterns(LoraFile.ranks(fields), fields.map("alpha_pattern"))
                .modulesToSave(fields.modulesToSave().toArray(String[]::new));
        fields.check(new ConfigWriter(DEFAULTS).json());
        return builder.build();
    }

    @Override
    public JsonObject write(LokrConfig config) {
        ConfigWriter fields = new ConfigWriter(DEFAULTS)
                .targets(config.targetModules())
                .number("decompose_factor", config.split().factor())
                .flag("decompose_both", config.split().decomposesBoth())
                .flag("rank_dropout_scale", config.dropout().rescales())
                .value("init_weights", config.init().field());
        UpdateDropout dropout = config.dropout().update();
        return FactorFields.write(fields, config.rank(), config.alpha(), config.patterns(), dropout)
                .json();
    }
}
