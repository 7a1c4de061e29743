package io.peft4j.ia3;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.model.TargetModules;
import java.util.List;

/**
 * Which linear layers are rescaled, feature by feature, with a learned vector (Liu et al. 2022), in Hugging Face PEFT's
 * files.
 *
 * @param targetModules the layers
 * @param feedForwardModules ends of the paths of those whose input is rescaled, not their output
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record Ia3Config(TargetModules targetModules, List<String> feedForwardModules, List<String> modulesToSave)
        implements PeftConfig {

    static final String TYPE = "IA3";

    public Ia3Config {
        feedForwardModules = List.copyOf(feedForwardModules);
        modulesToSave = List.copyOf(modulesToSave);
        List<String> targets = targetModules.suffixes();
        if (!targets.isEmpty() && !targets.containsAll(feedForwardModules)) {
            throw new IllegalArgumentException(
                    "feed-forward modules %s must be among the targets %s".formatted(feedForwardModules, targets));
        }
    }

    /** Makes settings for some layers. */
    public Ia3Config(TargetModules targetModules, List<String> feedForwardModules) {
        this(targetModules, feedForwardModules, List.of());
    }

    @Override
    public String peftType() {
        return TYPE;
    }
}
