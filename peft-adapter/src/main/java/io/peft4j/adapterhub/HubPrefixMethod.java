package io.peft4j.adapterhub;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ConfigWriter;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.adapterhub.HubPrefixConfig.Encoder;
import io.peft4j.adapterhub.HubPrefixConfig.Gate;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.bottleneck.NonLinearity;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** AdapterHub's prefix tuning as a service. */
public final class HubPrefixMethod implements PeftMethod<HubPrefixConfig> {

    @Override
    public String peftType() {
        return HubPrefixConfig.TYPE;
    }

    @Override
    public Class<HubPrefixConfig> configType() {
        return HubPrefixConfig.class;
    }

    @Override
    public Adaptation attach(HubPrefixConfig config, BaseModel base) {
        config.places().leaveOut().check(base);
        List<AttentionSite> sites = HubPlaces.of(base).attentions();
        boolean reads = sites.stream().anyMatch(site -> site.kind() == AttentionSite.Kind.SOURCE);
        if (reads && !config.places().leaveOut().layers().isEmpty()) {
            throw new IllegalArgumentException(
                    "leave_out is not supported for prefixes of models with an encoder of this kind, since AdapterHub loses the distances between tokens behind a layer without a prefix: "
                            + config.places().leaveOut().layers());
        }
        Map<AttentionSite.Kind, List<String>> groups = new EnumMap<>(AttentionSite.Kind.class);
        for (AttentionSite site : sites) {
            if (isHere(config.places(), site)) {
                groups.computeIfAbsent(site.kind(), kind -> new ArrayList<>()).add(site.path());
            }
        }
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("no attention of %s has a prefix with %s; there are %s"
                    .formatted(
                            base.name(),
                            config.places(),
                            sites.stream().map(AttentionSite::path).toList()));
        }
        return new HubPrefix(config, groups, sites.get(0).path());
    }

    private static boolean isHere(HubPrefixConfig.Places places, AttentionSite site) {
        return !places.leaveOut().contains(site.layer())
                && switch (site.kind()) {
                    case SELF -> true;
                    case SOURCE -> places.source();
                    case CROSS -> places.cross();
                };
    }

    @Override
    public HubPrefixConfig read(ConfigFields fields) {
        int length = fields.number("prefix_length", HubPrefixConfig.DEFAULT_LENGTH, 1);
        Encoder encoder = new Encoder(
                fields.flag("flat", false),
                fields.number("bottleneck_size", Encoder.DEFAULT.size(), 1),
                NonLinearity.of(fields.text("non_linearity", "tanh")));
        HubPrefixConfig.Places places = new HubPrefixConfig.Places(
                fields.flag("encoder_prefix", true), fields.flag("cross_prefix", true), LeaveOut.read(fields));
        boolean shared = fields.flag("shared_gating", true);
        boolean gated = fields.flag("use_gating", false);
        double dropout = fields.real("dropout", 0);
        // Seeds decide how fresh adapters start, not what this one computes.
        fields.get("init_weights_seed");
        fields.require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1): %s", dropout);
        fields.check(new JsonObject());
        Gate gate = !gated ? Gate.NONE : shared ? Gate.SHARED : Gate.SEPARATE;
        return new HubPrefixConfig(length, encoder, places, gate, dropout);
    }

    @Override
    public JsonObject write(HubPrefixConfig config) {
        Encoder encoder = config.encoder();
        HubPrefixConfig.Places places = config.places();
        return new ConfigWriter("{init_weights_seed: null}")
                .number("bottleneck_size", encoder.size())
                .flag("cross_prefix", places.cross())
                .real("dropout", config.dropout())
                .flag("encoder_prefix", places.source())
                .flag("flat", encoder.flat())
                .value("leave_out", places.leaveOut().json())
                .text("non_linearity", encoder.nonLinearity().fileName())
                .number("prefix_length", config.length())
                .flag("shared_gating", config.gate() != Gate.SEPARATE)
                .flag("use_gating", config.gate() != Gate.NONE)
                .json();
    }
}
