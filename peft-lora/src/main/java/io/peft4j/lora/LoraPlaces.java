package io.peft4j.lora;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Puts what is built on LoRA's factors where LoRA's settings say. */
final class LoraPlaces {

    private LoraPlaces() {}

    /**
     * Attaches to linear layers and embeddings, and to those in which tokens are learned.
     *
     * @param linear what is made of LoRA's update of a linear layer
     * @param table what is made of LoRA's update of an embedding
     * @param excess what becomes of ranks that are too large
     */
    static Adaptation attach(
            LoraConfig config,
            BaseModel base,
            Function<LoraLinear, LinearUpdate> linear,
            Function<LoraTable, TableUpdate> table,
            ExcessRank excess) {
        Map<String, LinearUpdate> linears = new LinkedHashMap<>();
        Map<String, TableUpdate> tables = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        ToIntFunction<String> ranks = path -> config.patterns().rank(path, config.rank());
        Map<AttachmentPoint, TokenRows> tokens = TokenPlaces.find(config.also().tokens(), base, problems);
        Map<String, AttachmentPoint> points = LowRankTargets.find(
                config.targetModules(),
                base,
                config.patterns(),
                EnumSet.of(AttachmentPoint.Kind.LINEAR, AttachmentPoint.Kind.EMBEDDING),
                excess.check(ranks).and(LowRankTargets.without(tokens)),
                problems);
        excess.tell(ranks, points.values());
        LoraWarnings.ofPoints(points.values());
        points.forEach((path, point) -> {
            int rank = ranks.applyAsInt(path);
            double scaling = config.scaling().of(config.patterns().alpha(path, config.alpha()), rank);
            if (point.kind() == AttachmentPoint.Kind.LINEAR) {
                linears.put(path, linear.apply(new LoraLinear(rank, scaling, config.dropout(), config.init())));
            } else {
                tables.put(path, table.apply(new LoraTable(rank, scaling)));
            }
        });
        return LowRankUpdates.with(
                tokens, linears, tables, new BiasCopies(config.also().bias(), points.keySet()));
    }
}
