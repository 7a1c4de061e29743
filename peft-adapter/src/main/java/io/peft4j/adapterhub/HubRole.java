package io.peft4j.adapterhub;

import io.peft4j.model.TargetModules;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What AdapterHub's settings call a linear of a layer, told by the end of its path. */
enum HubRole {
    Q("query", "q_lin", "q_proj", "SelfAttention.q", "EncDecAttention.q"),
    K("key", "k_lin", "k_proj", "SelfAttention.k", "EncDecAttention.k"),
    V("value", "v_lin", "v_proj", "SelfAttention.v", "EncDecAttention.v"),
    /** One linear for query, key and value. */
    QKV("attn.c_attn"),
    /** In gated feed-forward parts of decoders AdapterHub takes the last linear for the first, and the other way round. */
    INTERMEDIATE(
            "intermediate.dense", "ffn.lin1", "mlp.c_fc", "mlp.down_proj", "DenseReluDense.wi", "DenseReluDense.wi_1"),
    OUTPUT("output.dense", "ffn.lin2", "mlp.c_proj", "mlp.up_proj", "DenseReluDense.wo");

    /** The parts of {@link #QKV}, in their order. */
    static final List<String> MATRICES = List.of("q", "k", "v");

    private static final String AFTER_ATTENTION = "attention.output.dense";

    private final List<String> ends;

    HubRole(String... ends) {
        this.ends = List.of(ends);
    }

    /** Returns the role of a linear, if it has one. */
    static Optional<HubRole> of(String path) {
        return TargetModules.layerOf(path).isEmpty() || TargetModules.endsWith(path, AFTER_ATTENTION)
                ? Optional.empty()
                : Arrays.stream(values())
                        .filter(role -> role.ends.stream().anyMatch(end -> TargetModules.endsWith(path, end)))
                        .findFirst();
    }

    /** Returns which parts of a linear's output the places mean, empty for none. */
    static List<Boolean> adapted(HubLoraConfig.Places places, String path) {
        Optional<HubRole> role = of(path);
        if (role.isEmpty()
                || places.leaveOut().contains(TargetModules.layerOf(path).orElseThrow())) {
            return List.of();
        }
        boolean whole =
                switch (role.get()) {
                    case Q, K, V ->
                        places.selfAttention()
                                && places.matrices().contains(role.get().matrix());
                    case QKV -> false;
                    case INTERMEDIATE -> places.intermediate();
                    case OUTPUT -> places.output();
                };
        if (role.get() == QKV && places.selfAttention()) {
            return MATRICES.stream().map(places.matrices()::contains).toList();
        }
        return whole ? List.of(true) : List.of();
    }

    /** Returns how the settings call the projection. */
    String matrix() {
        return name().toLowerCase(Locale.ROOT);
    }
}
