package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttendedSite;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several adaptations one after another: each gets what the one before it made.
 *
 * <pre>
 * linear      y + Δ₁(x) + Δ₂(x)                  both read the layer's input; rows of embeddings likewise
 * sub-layer   f₂(f₁(f))                          the second bottleneck reads what the first made of f
 * embeddings  both prompts before the text
 * attention   both prefixes before the keys
 * weight      that of the last that trains a copy
 * </pre>
 *
 * @param parts from the first to the last
 */
record Stacked(List<Adaptation> parts) implements Adaptation {

    Stacked {
        parts = List.copyOf(parts);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        Tensor weight = frozen;
        for (Adaptation part : parts) {
            weight = part.weight(site, weight);
        }
        return weight;
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        Tensor input = x;
        for (Adaptation part : parts) {
            input = part.linearInput(site, input);
        }
        return input;
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        Tensor output = y;
        for (Adaptation part : parts) {
            output = part.linear(site, x, output);
        }
        return output;
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        LinearWeights merged = weights;
        for (Adaptation part : parts) {
            merged = part.merged(site, merged);
        }
        return merged;
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        Tensor rows = y;
        for (Adaptation part : parts) {
            rows = part.embedding(site, ids, rows);
        }
        return rows;
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        Tensor merged = table;
        for (Adaptation part : parts) {
            merged = part.merged(site, merged);
        }
        return merged;
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        SublayerUpdate last = null;
        for (Adaptation part : parts) {
            SublayerUpdate next = part.update(site, x, last == null ? f : last.value());
            last = next == null ? last : next;
        }
        return last;
    }

    @Override
    public Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        Tensor changed = embedded;
        for (Adaptation part : parts) {
            changed = part.embeddings(site, changed);
        }
        return changed;
    }

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        Tensor all = null;
        for (Adaptation part : parts) {
            Tensor next = part.prompt(site);
            if (next != null) {
                all = all == null ? next : join(all, next);
            }
        }
        return all;
    }

    /** Returns rows [K, D] behind others; if either differs by text, for each text: [B, K, D]. */
    private static Tensor join(Tensor a, Tensor b) {
        if (a.type().rank() == b.type().rank()) {
            return a.concat(a.type().rank() - 2, b);
        }
        Dim texts = (a.type().rank() > b.type().rank() ? a : b).dim(0);
        return VirtualTokens.forEach(texts, a).concat(1, VirtualTokens.forEach(texts, b));
    }

    @Override
    public int keysInDistances(AttentionSite.Kind kind) {
        return parts.stream().mapToInt(part -> part.keysInDistances(kind)).sum();
    }

    @Override
    public VirtualTokens virtualTokens() {
        return parts.stream().map(Adaptation::virtualTokens).reduce(VirtualTokens.NONE, VirtualTokens::plus);
    }

    @Override
    public Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        Tensor changed = hidden;
        for (Adaptation part : parts) {
            changed = part.layersInput(site, changed);
        }
        return changed;
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        List<Tensor> all = null;
        for (Adaptation part : parts) {
            List<Tensor> next = part.prefix(site);
            if (next != null) {
                Dim texts = site.input().dim(0);
                all = all == null
                        ? next
                        : List.of(join(texts, all.get(0), next.get(0)), join(texts, all.get(1), next.get(1)));
            }
        }
        return all;
    }

    @Override
    public Tensor attended(AttendedSite site, Tensor y) {
        Tensor changed = y;
        for (Adaptation part : parts) {
            changed = part.attended(site, changed);
        }
        return changed;
    }

    /** Puts learned rows before others; where one is for each text, both become so. */
    private static Tensor join(Dim texts, Tensor first, Tensor second) {
        return first.type().rank() == second.type().rank()
                ? first.concat(first.type().rank() - 2, second)
                : VirtualTokens.forEach(texts, first).concat(1, VirtualTokens.forEach(texts, second));
    }

    @Override
    public boolean isMergeable() {
        return parts.stream().allMatch(Adaptation::isMergeable);
    }

    @Override
    public boolean readsWholeSequence() {
        return parts.stream().anyMatch(Adaptation::readsWholeSequence);
    }
}
