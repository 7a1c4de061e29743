package io.peft4j.adapterhub;

import io.peft4j.model.TargetModules;
import java.util.List;
import java.util.Map;

/** Which linear of a layer AdapterHub's settings mean by a role, told by the end of its path. */
final class HubRoles {

    private static final Map<String, List<String>> ATTENTION = Map.of(
            "q", List.of("query", "q_lin", "q_proj", "SelfAttention.q", "EncDecAttention.q"),
            "k", List.of("key", "k_lin", "k_proj", "SelfAttention.k", "EncDecAttention.k"),
            "v", List.of("value", "v_lin", "v_proj", "SelfAttention.v", "EncDecAttention.v"));

    /** One linear for query, key and value. */
    private static final String FUSED = "attn.c_attn";

    /** In gated feed-forward parts of decoders AdapterHub takes the last linear for the first, and the other way round. */
    private static final List<String> INTERMEDIATE = List.of(
            "intermediate.dense", "ffn.lin1", "mlp.c_fc", "mlp.down_proj", "DenseReluDense.wi", "DenseReluDense.wi_1");

    private static final List<String> OUTPUT =
            List.of("output.dense", "ffn.lin2", "mlp.c_proj", "mlp.up_proj", "DenseReluDense.wo");

    private HubRoles() {}

    /** Returns which parts of a linear's output the places mean, empty for none. */
    static List<Boolean> adapted(HubLoraConfig.Places places, String path) {
        var layer = TargetModules.layerOf(path);
        if (layer.isEmpty() || places.leaveOut().contains(layer.getAsInt())) {
            return List.of();
        }
        if (places.selfAttention() && TargetModules.endsWith(path, FUSED)) {
            return List.of("q", "k", "v").stream()
                    .map(places.matrices()::contains)
                    .toList();
        }
        boolean attends = places.selfAttention()
                && places.matrices().stream().anyMatch(matrix -> ends(path, ATTENTION.getOrDefault(matrix, List.of())));
        boolean inner = places.intermediate() && ends(path, INTERMEDIATE);
        boolean outer =
                places.output() && ends(path, OUTPUT) && !TargetModules.endsWith(path, "attention.output.dense");
        return attends || inner || outer ? List.of(true) : List.of();
    }

    private static boolean ends(String path, List<String> entries) {
        return entries.stream().anyMatch(entry -> TargetModules.endsWith(path, entry));
    }
}
