package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.LinearSite;
import io.peft4j.model.Site;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * One adaptation for each group of a batch's rows, which lie group by group: [G₀ + G₁ + …, T, D].
 *
 * <p>What the base computes is computed for all rows at once; each adaptation sees the rows of its group alone. The sizes
 * of the groups are known when a program runs, so one program serves every mixture of as many groups.
 *
 * @param groups the adaptation of each group
 */
record ByRow(List<Adaptation> groups) implements Adaptation {

    ByRow {
        groups = List.copyOf(groups);
    }

    /** What a group computes from its rows. */
    @FunctionalInterface
    private interface Body {
        Tensor of(Adaptation group, UnaryOperator<Tensor> rows);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        if (groups.stream().anyMatch(group -> group.weight(site, frozen) != frozen)) {
            throw new IllegalStateException(
                    "%s is the same for all rows of a batch, but adapters put others in its place"
                            .formatted(site.path()));
        }
        return frozen;
    }

    @Override
    public Tensor projection(LinearSite site, Tensor x) {
        if (groups.stream().anyMatch(group -> !site.isPlain(group, x))) {
            return each(site, x.dim(0), (group, rows) -> group.projection(site, rows.apply(x)));
        }
        Tensor y = site.apply(x);
        Tensor all = each(site, x.dim(0), (group, rows) -> group.linear(site, rows.apply(x), rows.apply(y)));
        boolean plain = groups.stream().allMatch(group -> group.linear(site, x, y) == y);
        return plain ? y : all;
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return groups.stream().allMatch(group -> group.embedding(site, ids, y) == y)
                ? y
                : each(site, ids.dim(0), (group, rows) -> group.embedding(site, rows.apply(ids), rows.apply(y)));
    }

    @Override
    public Tensor sublayer(SublayerSite site, Tensor x, Tensor f) {
        List<SublayerUpdate> whole = groups.stream()
                .map(group -> group.update(site, x, f))
                .filter(Objects::nonNull)
                .toList();
        if (whole.isEmpty()) {
            return site.join(x, f);
        }
        if (whole.stream().anyMatch(SublayerUpdate::isStream)) {
            return each(site, x.dim(0), (group, rows) -> group.sublayer(site, rows.apply(x), rows.apply(f)));
        }
        Tensor outputs = each(site, x.dim(0), (group, rows) -> {
            SublayerUpdate update = group.update(site, rows.apply(x), rows.apply(f));
            return update == null ? rows.apply(f) : update.value();
        });
        return site.join(x, outputs);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }

    @Override
    public boolean readsWholeSequence() {
        return groups.stream().anyMatch(Adaptation::readsWholeSequence);
    }

    /** Returns what the groups compute, one below the other. */
    private Tensor each(Site site, Dim rows, Body body) {
        List<Tensor> parts = new ArrayList<>();
        Dim start = Dim.of(0);
        for (int i = 0; i < groups.size(); i++) {
            Dim from = start;
            Dim to = start.plus(site.rows(i));
            parts.add(body.of(groups.get(i), x -> x.slice(0, from, to)));
            start = to;
        }
        return Tensor.join(0, rows, parts);
    }
}
