package io.peft4j.adapterhub;

import io.peft4j.adapterhub.HubPrefixConfig.Gate;
import io.peft4j.bottleneck.Gates;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.Initializer;
import io.peft4j.model.SharedSite;
import io.peft4j.model.Site;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Learned keys and values before those of the text: attention over [g·k₁ … g·k_P, K·x] and [g·v₁ … g·v_P, V·x].
 *
 * <ul>
 *   <li>k, v: [P, H·Hd] in each of L attentions, slices 2i and 2i + 1 of rows [P, 2·L·H·Hd]; computed once per batch
 *   <li>g: one number per text, the mean over its tokens of σ(w·x + b); 1 without a gate
 * </ul>
 *
 * <p>An encoder-decoder has three groups of attentions, each with rows of its own. They take up no positions,
 * but where a model adds something for distances between tokens, these are counted as if the text began with them. While
 * generating, the gate is that of the prompt.
 *
 * @param config the settings
 * @param groups the paths of the attentions of each group that have a prefix, in the order of their slices
 * @param pool the attention under whose path the rows' tensors are, the first of the model
 */
record HubPrefix(HubPrefixConfig config, Map<AttentionSite.Kind, List<String>> groups, String pool)
        implements Adaptation {

    HubPrefix {
        groups = Map.copyOf(groups);
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        List<String> group = groups.getOrDefault(site.kind(), List.of());
        int slot = group.indexOf(site.path());
        if (slot < 0) {
            return null;
        }
        String name = pool + HubNames.PREFIX_POOL + "prefix_tunings." + name(site.kind());
        long values = site.heads() * site.headWidth();
        long width = site.input().dim(-1).constant();
        List<Tensor> slices = site.once(name, shared -> slices(shared, name, width, values, group.size()));
        Tensor keys = drop(site, slices.get(2 * slot));
        Tensor learned = drop(site, slices.get(2 * slot + 1));
        if (config.gate() == Gate.NONE) {
            return List.of(keys, learned);
        }
        Tensor gates = gates(site, width); // [B, 1, 1 or 2]
        return List.of(weigh(keys, gates, 0), weigh(learned, gates, config.gate() == Gate.SHARED ? 0 : 1));
    }

    /** Returns the keys and values of each attention of a group, [P, H·Hd] each. */
    private List<Tensor> slices(SharedSite site, String name, long width, long values, int attentions) {
        Tensor rows = rows(site, name, width, 2L * attentions * values);
        List<Tensor> slices = new ArrayList<>();
        for (int i = 0; i < 2 * attentions; i++) {
            slices.add(rows.slice(1, Dim.of(i * values), Dim.of((i + 1) * values)));
        }
        return slices;
    }

    /** Returns [P, all]. */
    private Tensor rows(Site site, String name, long width, long all) {
        String transform = name + ".control_trans";
        HubPrefixConfig.Encoder encoder = config.encoder();
        int length = config.length();
        if (encoder.flat()) {
            return site.shared(transform, Initializer.normal(1), true, length * all)
                    .reshape(Dim.of(length), Dim.of(all));
        }
        Tensor z = site.shared(name + ".wte.weight", Initializer.normal(1), true, length, width);
        Tensor inner = encoder.nonLinearity().apply(linear(site, transform + ".0", z, encoder.size()));
        return linear(site, transform + ".2", inner, all);
    }

    private static Tensor linear(Site site, String name, Tensor x, long out) {
        long in = x.dim(-1).constant();
        return x.linear(
                site.shared(name + ".weight", Initializer.kaimingUniform(), true, out, in),
                site.shared(name + ".bias", Initializer.uniform(1 / Math.sqrt((double) in)), true, out));
    }

    /** Drops elements for each text by itself. */
    private Tensor drop(AttentionSite site, Tensor rows) {
        return site.isTraining() && config.dropout() > 0
                ? VirtualTokens.forEach(site.input().dim(0), rows).dropout(config.dropout(), site.seed())
                : rows;
    }

    private Tensor gates(AttentionSite site, long width) {
        long outputs = config.gate() == Gate.SHARED ? 1 : 2;
        Tensor weight = site.parameter("prefix_tuning.prefix_gates.weight", Initializer.normal(0.02), outputs, width);
        Tensor bias = site.parameter(
                "prefix_tuning.prefix_gates.bias", Initializer.uniform(1 / Math.sqrt((double) width)), outputs);
        return Gates.of(site.input(), weight, bias);
    }

    private static Tensor weigh(Tensor rows, Tensor gates, int number) {
        return VirtualTokens.forEach(gates.dim(0), rows).multiply(gates.slice(2, Dim.of(number), Dim.of(number + 1)));
    }

    private static String name(AttentionSite.Kind kind) {
        return switch (kind) {
            case SELF -> "self_prefix";
            case SOURCE -> "encoder_prefix";
            case CROSS -> "cross_prefix";
        };
    }

    /** AdapterHub counts distances from the first learned key. */
    @Override
    public int keysInDistances(AttentionSite.Kind kind) {
        return groups.containsKey(kind) ? config.length() : 0;
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
