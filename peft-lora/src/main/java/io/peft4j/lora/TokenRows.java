package io.peft4j.lora;

import io.peft4j.model.Initializer;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.Site;
import io.peft4j.model.TableSite;
import io.peft4j.program.Dim;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Learned rows in the place of some rows of a table or of an output layer, with S: [V, n] ones where row v is learned as j:
 *
 * <pre>
 * table    y = k[x]⊙E[x] + S[x]·δ            E: [V, D] frozen, δ: [n, D], k = 1 − Σⱼ S[·, j]
 * output   y = k⊙(E·x + b) + S·(δ·x) + (1 − k)⊙b
 * </pre>
 *
 * <p>The table is not formed anew, and no gradient of its size is. δ starts as the rows that it replaces.
 *
 * @param table the path of the table or output layer that files keep the rows under
 * @param tokens the numbers v of the learned rows
 */
record TokenRows(String table, List<Integer> tokens) implements TableUpdate, LinearUpdate {

    private static final String ROWS = ".token_adapter.trainable_tokens_delta";
    private static final String PLACES = ".token_adapter.token_indices";

    TokenRows {
        tokens = List.copyOf(tokens);
    }

    @Override
    public Tensor apply(TableSite site, Tensor ids, Tensor y) {
        Tensor chosen = places(site, site.rows()).embedding(ids); // [..., n]
        List<Dim> each = new ArrayList<>(ids.type().shape());
        each.add(Dim.of(1));
        Tensor kept = chosen.sumTo(each).scale(-1).shift(1);
        return y.multiply(kept).add(chosen.linear(rows(site, site.width()).permute(1, 0)));
    }

    @Override
    public Tensor merge(TableSite site, Tensor table) {
        return replaced(site, table, site.rows(), site.width());
    }

    @Override
    public Tensor apply(LinearSite site, Tensor x, Tensor y) {
        Tensor places = places(site, site.out()); // [V, n]
        Tensor learned = Rows.sum(places); // [V]
        Tensor replaced = y.multiply(learned.scale(-1).shift(1))
                .add(x.linear(rows(site, site.in())).linear(places));
        Tensor bias = site.bias();
        return bias == null ? replaced : replaced.add(bias.multiply(learned));
    }

    @Override
    public LinearWeights merge(LinearSite site, LinearWeights weights) {
        return new LinearWeights(replaced(site, weights.weight(), site.out(), site.in()), weights.bias());
    }

    private Tensor replaced(Site site, Tensor weight, long count, long width) {
        Tensor places = places(site, count);
        Tensor kept = Rows.sum(places).scale(-1).shift(1);
        return Rows.scale(weight, kept).add(places.matMul(rows(site, width)));
    }

    /** Returns δ [n, D], one for all places that are tied to the table. */
    private Tensor rows(Site site, long width) {
        Initializer replaced = (target, random, base) -> {
            long[] numbers = tokens.stream().mapToLong(Integer::longValue).toArray();
            try (var scratch = target.getManager().newSubManager()) {
                NativeTensors.copy(target, NativeTensors.rows(scratch, base.get(table + ".weight"), numbers));
            }
        };
        return site.shared(table + ROWS, replaced, true, tokens.size(), width);
    }

    /** Returns S [V, n]. */
    private Tensor places(Site site, long count) {
        Initializer ones = (target, random, base) -> {
            float[] values = new float[Math.toIntExact(count * tokens.size())];
            for (int j = 0; j < tokens.size(); j++) {
                values[tokens.get(j) * tokens.size() + j] = 1;
            }
            try (var source = target.getManager().create(values)) {
                NativeTensors.copy(target, source.reshape(target.getShape()));
            }
        };
        return site.sharedDerived(table + PLACES, ones, count, tokens.size()).cast(site.dtype());
    }
}
