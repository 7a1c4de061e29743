package io.peft4j.adapter;

import io.peft4j.model.Adaptation;
import io.peft4j.model.LinearSite;
import io.peft4j.model.LinearWeights;
import io.peft4j.model.TableSite;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * A method's changes, and trainable copies of whole modules beside them: {@code modules_to_save}.
 *
 * <p>As in Hugging Face PEFT, a module is meant if its path ends with an entry, so {@code classifier} also means
 * {@code pre_classifier}.
 *
 * @param part what the method changes
 * @param modules the entries
 */
record TrainedCopies(Adaptation part, List<String> modules) implements Delegating {

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
        return covers(modules, module) ? site.trainedCopy(frozen) : part.weight(site, frozen);
    }

    @Override
    public Tensor linear(LinearSite site, Tensor x, Tensor y) {
        return covers(modules, site.path()) ? y : part.linear(site, x, y);
    }

    @Override
    public Tensor linearInput(LinearSite site, Tensor x) {
        return covers(modules, site.path()) ? x : part.linearInput(site, x);
    }

    @Override
    public LinearWeights merged(LinearSite site, LinearWeights weights) {
        return covers(modules, site.path()) ? weights : part.merged(site, weights);
    }

    @Override
    public Tensor embedding(TableSite site, Tensor ids, Tensor y) {
        return covers(modules, site.path()) ? y : part.embedding(site, ids, y);
    }

    @Override
    public Tensor merged(TableSite site, Tensor table) {
        return covers(modules, site.path()) ? table : part.merged(site, table);
    }
}
