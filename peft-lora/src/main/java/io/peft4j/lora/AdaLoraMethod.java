package io.peft4j.lora;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.UpdateRule;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Adaptive low-rank adaptation as a service. */
public final class AdaLoraMethod extends LowRankMethod<AdaLoraConfig> {

    static final String TYPE = "ADALORA";

    /** Keeps the scaling finite at rank 0, as in PEFT. */
    private static final double EPSILON = 1e-5;

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<AdaLoraConfig> configType() {
        return AdaLoraConfig.class;
    }

    @Override
    Adaptation attach(AdaLoraConfig config, BaseModel base, ExcessRank excess) {
        LoraConfig lora = config.lora();
        List<String> problems = new ArrayList<>();
        Map<AttachmentPoint, TokenRows> tokens = TokenPlaces.find(lora.also().tokens(), base, problems);
        Map<String, AttachmentPoint> points = LowRankTargets.linears(
                lora.targetModules(),
                base,
                LoraPatterns.NONE,
                excess.check(path -> lora.rank()).and(LowRankTargets.without(tokens)),
                problems);
        excess.tell(path -> lora.rank(), points.values());
        TreeSet<String> unknown = new TreeSet<>(config.kept().keySet());
        unknown.removeAll(points.keySet());
        Settings.check(unknown.isEmpty(), "rank_pattern has entries for layers that are not adapted: %s", unknown);
        double scaling = lora.alpha() / (lora.rank() + EPSILON);
        boolean zero = lora.init() == LoraInit.KAIMING;
        Map<String, LinearUpdate> linears = LowRankTargets.each(
                points, point -> new AdaLoraLinear(config.rank(point.path()), scaling, lora.dropout(), zero));
        return LowRankUpdates.with(
                tokens, linears, Map.of(), new BiasCopies(lora.also().bias(), points.keySet()));
    }

    @Override
    public double penalty(AdaLoraConfig config, ParameterBuffer values) {
        return new Orthogonality(config.orthogonality()).penalty(values);
    }

    @Override
    public void regularise(AdaLoraConfig config, ParameterBuffer values, ParameterBuffer gradients) {
        new Orthogonality(config.orthogonality()).addGradient(values, gradients);
    }

    @Override
    public UpdateRule updateRule(AdaLoraConfig config, Adapter adapter, NDManager owner) {
        return new RankBudget(config, adapter, owner);
    }

    @Override
    public Adapter stored(Adapter adapter, BaseModel base) {
        return KeptTriplets.of(adapter, base);
    }

    @Override
    public boolean repeatsBiases(AdaLoraConfig config) {
        return config.lora().also().bias() == LoraBias.ALL;
    }

    @Override
    public AdaLoraConfig read(ConfigFields fields) {
        return AdaLoraFile.read(fields);
    }

    @Override
    public JsonObject write(AdaLoraConfig config) {
        return AdaLoraFile.write(config);
    }
}
