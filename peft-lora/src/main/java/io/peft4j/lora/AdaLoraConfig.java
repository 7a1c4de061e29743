package io.peft4j.lora;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How linear layers are adapted with triplets of singular vectors and values, of which training keeps those that matter:
 * Zhang et al. 2023, <a href="https://arxiv.org/abs/2303.10512">arXiv:2303.10512</a>.
 *
 * @param lora the settings of the triplets; its rank is that of every layer at the start
 * @param targetRank the rank that layers have in the end on average, positive
 * @param schedule when triplets are dropped
 * @param smoothing how the importance of triplets is estimated
 * @param orthogonality how strongly singular vectors are pulled towards orthogonality, not negative
 * @param kept which triplets were kept, by the path of the layer; layers without an entry have all
 */
public record AdaLoraConfig(
        LoraConfig lora,
        int targetRank,
        Schedule schedule,
        Smoothing smoothing,
        double orthogonality,
        Map<String, List<Boolean>> kept)
        implements PeftConfig {

    /** The rank at the start if none is given. */
    public static final int DEFAULT_RANK = 12;

    /** The rank in the end if none is given. */
    public static final int DEFAULT_TARGET_RANK = 8;

    static final double DEFAULT_ORTHOGONALITY = 0.5;

    /**
     * When triplets are dropped, counted in updates: all stay during the first, the last fine-tune what was kept.
     *
     * @param warmup how many updates keep all triplets
     * @param finishing how many updates come after the last dropping
     * @param interval how many updates there are from one dropping to the next
     * @param steps how many updates there are in all
     */
    public record Schedule(int warmup, int finishing, int interval, int steps) {
        public Schedule {
            Settings.check(steps > 0, "the number of all updates (total_step) must be positive: %d", steps);
            Settings.check(warmup >= 0 && finishing >= 0, "updates are not negative: %d and %d", warmup, finishing);
            Settings.check(interval > 0, "the updates between two droppings must be positive: %d", interval);
            Settings.check(
                    warmup < steps - finishing,
                    "%d updates of warm-up and %d of finishing leave none of %d to drop triplets in",
                    warmup,
                    finishing,
                    steps);
        }
    }

    /**
     * How the importance of triplets is estimated.
     *
     * @param importance how much of the importance so far stays at each update, in (0, 1)
     * @param uncertainty how much of its deviation so far stays, in (0, 1)
     */
    public record Smoothing(double importance, double uncertainty) {

        /** As in the paper. */
        public static final Smoothing DEFAULT = new Smoothing(0.85, 0.85);

        public Smoothing {
            Settings.check(importance > 0 && importance < 1, "beta1 must be in (0, 1): %s", importance);
            Settings.check(uncertainty > 0 && uncertainty < 1, "beta2 must be in (0, 1): %s", uncertainty);
        }
    }

    public AdaLoraConfig {
        Settings.check(targetRank > 0, "the rank in the end must be positive: %d", targetRank);
        Settings.check(
                targetRank <= lora.rank(),
                "the rank in the end exceeds that at the start: %d > %d",
                targetRank,
                lora.rank());
        Settings.check(
                orthogonality >= 0 && orthogonality < Double.POSITIVE_INFINITY,
                "the strength of orthogonality must not be negative: %s",
                orthogonality);
        Settings.check(
                lora.init() == LoraInit.KAIMING || lora.init() == LoraInit.RANDOM,
                "triplets start at zero (KAIMING) or at random (RANDOM): %s",
                lora.init());
        Settings.check(lora.patterns().equals(LoraPatterns.NONE), "AdaLoRA finds ranks itself: %s", lora.patterns());
        Settings.check(lora.scaling() == LoraScaling.STANDARD, "AdaLoRA has no other scaling: %s", lora.scaling());
        Map<String, List<Boolean>> copy = new TreeMap<>();
        kept.forEach((path, list) -> {
            Settings.check(
                    list.size() == lora.rank(),
                    "%s must say of %d triplets which are kept: %s",
                    path,
                    lora.rank(),
                    list);
            copy.put(path, List.copyOf(list));
        });
        kept = Map.copyOf(copy);
    }

    @Override
    public String peftType() {
        return AdaLoraMethod.TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return lora.modulesToSave();
    }

    /** Returns the rank of a layer: how many triplets it has. */
    int rank(String path) {
        List<Boolean> list = kept.get(path);
        return list == null
                ? lora.rank()
                : (int) list.stream().filter(Boolean::booleanValue).count();
    }

    /** Returns the same settings with other triplets kept. */
    AdaLoraConfig keeping(Map<String, List<Boolean>> triplets) {
        return new AdaLoraConfig(lora, targetRank, schedule, smoothing, orthogonality, triplets);
    }

    /** Returns settings for the modules that equal one of these names or end with a dot and the name. */
    public static Builder builder(Schedule schedule, String... targetModules) {
        return new Builder(schedule, TargetModules.of(List.of(targetModules)));
    }

    /** Returns settings for some modules. */
    public static Builder builder(Schedule schedule, TargetModules targetModules) {
        return new Builder(schedule, targetModules);
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder extends LowRankBuilder<Builder, AdaLoraConfig> {
        private final Schedule schedule;
        private int targetRank = DEFAULT_TARGET_RANK;
        private double dropout;
        private Smoothing smoothing = Smoothing.DEFAULT;
        private double orthogonality = DEFAULT_ORTHOGONALITY;

        private Builder(Schedule schedule, TargetModules targetModules) {
            super(targetModules);
            this.schedule = schedule;
            rank(DEFAULT_RANK);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Sets the average rank in the end, {@value AdaLoraConfig#DEFAULT_TARGET_RANK} by default. */
        public Builder targetRank(int value) {
            targetRank = value;
            return this;
        }

        /** Sets the probability of dropping an input, 0 by default. */
        public Builder dropout(double value) {
            dropout = value;
            return this;
        }

        /** Sets how importance is estimated, {@link Smoothing#DEFAULT} by default. */
        public Builder smoothing(Smoothing value) {
            smoothing = value;
            return this;
        }

        /** Sets how strongly singular vectors are pulled towards orthogonality, 0.5 by default. */
        public Builder orthogonality(double value) {
            orthogonality = value;
            return this;
        }

        @Override
        public AdaLoraConfig build() {
            LoraConfig.Builder lora =
                    LoraConfig.builder(targetModules).rank(rank).alpha(alpha).dropout(dropout);
            lora.patterns = patterns;
            lora.modulesToSave = modulesToSave;
            return new AdaLoraConfig(lora.build(), targetRank, schedule, smoothing, orthogonality, Map.of());
        }
    }
}
