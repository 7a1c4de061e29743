package io.peft4j.lora;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The updates of some layers of a model, each at its place.
 *
 * @param linears those of linear layers by module path
 * @param tables those of embeddings by module path
 * @param biases the biases that train beside them
 */
record LowRankUpdates(Map<String, LinearUpdate> linears, Map<String, TableUpdate> tables, BiasCopies biases)
        implements Adaptation {

    LowRankUpdates {
        linears = Map.copyOf(linears);
        tables = Map.copyOf(tables);
    }

    /** Returns updates of linear layers alone. */
    static LowRankUpdates of(Map<String, LinearUpdate> linears, LoraBias biases) {
        return new LowRankUpdates(linears, Map.of(), new BiasCopies(biases, linears.keySet()));
    }

    /** Returns updates, and the rows of tokens that are learned in other places. */
    static LowRankUpdates with(
            Map<AttachmentPoint, TokenRows> tokens,
            Map<String, LinearUpdate> linears,
            Map<String, TableUpdate> tables,
            BiasCopies biases) {
        Map<String, LinearUpdate> allLinears = new LinkedHashMap<>(linears);
        Map<String, TableUpdate> allTables = new LinkedHashMap<>(tables);
        tokens.forEach((point, rows) -> {
            if (point.kind() == AttachmentPoint.Kind.LINEAR) {
                allLinears.put(point.path(), rows);
            } else {
                allTables.put(point.path(), rows);
            }
        });
        return new LowRankUpdates(allLinears, allTables, biases);
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        return biases.weight(site, frozen);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        LinearUpdate update = linears.get(site.path());
        return update == null ? y : update.apply(site, x, y);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        LinearUpdate update = linears.get(site.path());
        return update == null ? weights : update.merge(site, weights);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        TableUpdate update = tables.get(site.path());
        return update == null ? y : update.apply(site, ids, y);
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        TableUpdate update = tables.get(site.path());
        return update == null ? table : update.merge(site, table);
    }
}
