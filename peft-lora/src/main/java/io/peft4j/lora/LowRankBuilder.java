package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;
import java.util.Map;

/**
 * Collects what the settings of this family have in common: targets, rank, alpha, patterns and modules to save.
 *
 * @param <B> the builder itself
 * @param <C> the settings that it builds
 */
public abstract class LowRankBuilder<B extends LowRankBuilder<B, C>, C extends PeftConfig> {

    final TargetModules targetModules;
    int rank = LoraConfig.DEFAULT_RANK;
    double alpha = LoraConfig.DEFAULT_ALPHA;
    LoraPatterns patterns = LoraPatterns.NONE;
    List<String> modulesToSave = List.of();

    LowRankBuilder(TargetModules targetModules) {
        this.targetModules = targetModules;
    }

    abstract B self();

    /** Sets the inner dimension of the factors, {@value LoraConfig#DEFAULT_RANK} by default. */
    public final B rank(int value) {
        rank = value;
        return self();
    }

    /** Sets the numerator of the scaling, {@value LoraConfig#DEFAULT_ALPHA} by default. */
    public final B alpha(double value) {
        alpha = value;
        return self();
    }

    /** Sets other ranks and alphas for modules whose path ends with a match of a key. */
    public final B patterns(Map<String, Integer> ranks, Map<String, Double> alphas) {
        patterns = new LoraPatterns(ranks, alphas);
        return self();
    }

    /** Sets modules that are trained and saved as a whole. */
    public final B modulesToSave(String... modules) {
        modulesToSave = List.of(modules);
        return self();
    }

    /**
     * Returns the settings.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public abstract C build();
}
