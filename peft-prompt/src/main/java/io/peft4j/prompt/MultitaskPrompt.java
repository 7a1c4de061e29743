package io.peft4j.prompt;

import io.peft4j.model.Adaptation;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.Initializer;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.train.Batch;
import org.jspecify.annotations.Nullable;

/**
 * One prompt for several tasks, each of which has factors of a low rank: texts of task t get E∘(C_t·R_t).
 *
 * <ul>
 *   <li>E: [P, D] shared; C_t: [P, r], R_t: [r, D]
 * </ul>
 *
 * @param length P
 * @param tasks how many
 * @param rank r
 * @param init how all of them start
 * @param words the base model's table of words
 */
record MultitaskPrompt(int length, int tasks, int rank, MultitaskInit init, String words) implements Adaptation {

    static final String COLUMNS = "prefix_task_cols";
    static final String ROWS = "prefix_task_rows";

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        if (site.place() != EmbeddingSite.Place.WORDS) {
            return null;
        }
        Tensor shared = site.shared(PromptFields.ROWS, init.shared(words), true, length, site.width());
        Tensor c = ofTask(site, COLUMNS, init.factors(COLUMNS), length, rank); // [B, P, r]
        Tensor r = ofTask(site, ROWS, init.factors(ROWS), rank, site.width()); // [B, r, D]
        return c.matMul(r).multiply(shared);
    }

    /** Returns for each text the factor [a, b] of its task. */
    private Tensor ofTask(EmbeddingSite site, String name, Initializer start, long a, long b) {
        Tensor all = site.shared(name, start, true, tasks, a, b);
        Tensor each = all.reshape(Dim.of(tasks), Dim.of(a * b)).embedding(site.ofTexts(Batch.TASKS, tasks));
        return each.reshape(each.dim(0), Dim.of(a), Dim.of(b));
    }

    @Override
    public VirtualTokens virtualTokens() {
        return VirtualTokens.words(length, Placement.FIRST);
    }

    @Override
    public boolean isMergeable() {
        return false;
    }
}
