package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.AttentionSite;
import io.peft4j.model.EmbeddingSite;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.SublayerSite;
import io.peft4j.model.SublayerUpdate;
import io.peft4j.model.TableSite;
import io.peft4j.model.VirtualTokens;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A method's changes, and trainable copies of whole modules beside them: {@code modules_to_save}.
 *
 * <p>As in Hugging Face PEFT, a module is meant if its path ends with an entry, so {@code classifier} also means
 * {@code pre_classifier}.
 *
 * @param method what the method changes
 * @param modules the entries
 */
record TrainedCopies(Adaptation method, List<String> modules) implements Adaptation {

    TrainedCopies {
        modules = List.copyOf(modules);
    }

    /** Returns whether a path is one of the modules or inside one. */
    static boolean covers(List<String> modules, String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
            String module = path.substring(0, end);
            if (modules.stream().anyMatch(module::endsWith)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Tensor weight(WeightSite site, Tensor frozen) {
        String module = site.path().substring(0, Math.max(site.path().lastIndexOf('.'), 0));
        return covers(modules, module) ? site.trainedCopy(frozen) : method.weight(site, frozen);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return covers(modules, site.path()) ? y : method.linear(site, x, y);
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return covers(modules, site.path()) ? x : method.linearInput(site, x);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        return covers(modules, site.path()) ? weights : method.merged(site, weights);
    }

    @Override
    public @Nullable SublayerUpdate update(SublayerSite site, Tensor x, Tensor f) {
        return method.update(site, x, f);
    }

    @Override
    public boolean combines() {
        return method.combines();
    }

    @Override
    public SublayerUpdate combine(SublayerSite site, List<SublayerUpdate> updates) {
        return method.combine(site, updates);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return covers(modules, site.path()) ? y : method.embedding(site, ids, y);
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        return covers(modules, site.path()) ? table : method.merged(site, table);
    }

    @Override
    public Tensor embeddings(EmbeddingSite site, Tensor embedded) {
        return method.embeddings(site, embedded);
    }

    @Override
    public @Nullable Tensor prompt(EmbeddingSite site) {
        return method.prompt(site);
    }

    @Override
    public VirtualTokens virtualTokens() {
        return method.virtualTokens();
    }

    @Override
    public Tensor layersInput(EmbeddingSite site, Tensor hidden) {
        return method.layersInput(site, hidden);
    }

    @Override
    public @Nullable List<Tensor> prefix(AttentionSite site) {
        return method.prefix(site);
    }

    @Override
    public boolean isMergeable() {
        return method.isMergeable();
    }

    @Override
    public boolean readsWholeSequence() {
        return method.readsWholeSequence();
    }
}
