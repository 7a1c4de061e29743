package io.peft4j.examples.cli;

import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.FullFineTuning;
import io.peft4j.adapter.LinearProbe;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.io.PythonJson;
import io.peft4j.lora.LoraConfig;
import io.peft4j.lora.LoraScaling;
import io.peft4j.model.TargetModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a method is set; each option has effect for the methods that know it. */
final class MethodOptions {

    /** Names of methods on the command line. */
    static final List<String> NAMES = List.of("full", "linear-probe", "lora");

    @Option(names = "--rank", description = "Inner dimension of low-rank factors. Default: 8")
    private @Nullable Integer rank;

    @Option(names = "--alpha", description = "Numerator of the scaling. Default: twice the rank")
    private @Nullable Double alpha;

    @Option(
            names = "--target-modules",
            paramLabel = "a,b|all-linear|REGEX",
            description = "Modules to adapt. Default: the query and value projections")
    private @Nullable String targetModules;

    @Option(names = "--dropout", defaultValue = "0", description = "Dropout of the method. Default: 0")
    private double dropout;

    @Option(names = "--rslora", description = "Scale by alpha/sqrt(rank).")
    private boolean rankStabilized;

    @Option(names = "--config", paramLabel = "FILE", description = "Take every setting from an adapter_config.json.")
    private @Nullable Path config;

    /** Returns the settings of a method. */
    PeftConfig config(String method, List<String> defaultTargets) throws IOException {
        if (config != null) {
            ConfigFields fields = new ConfigFields(PythonJson.read(config), config.toString());
            return PeftMethods.of(fields).read(fields);
        }
        return switch (method) {
            case "full" -> new FullFineTuning();
            case "linear-probe" -> new LinearProbe();
            case "lora" -> lora(defaultTargets);
            default -> throw new UsageException("--method must be one of %s: %s".formatted(NAMES, method));
        };
    }

    private LoraConfig lora(List<String> defaultTargets) {
        int r = Optional.ofNullable(rank).orElse(LoraConfig.DEFAULT_RANK);
        return LoraConfig.builder(targets(defaultTargets))
                .rank(r)
                .alpha(Optional.ofNullable(alpha).orElse(2.0 * r))
                .dropout(dropout)
                .scaling(rankStabilized ? LoraScaling.RANK_STABILIZED : LoraScaling.STANDARD)
                .build();
    }

    /** A list of names has commas or is plain words; anything else is an expression. */
    private TargetModules targets(List<String> defaultTargets) {
        if (targetModules == null) {
            return TargetModules.of(defaultTargets);
        }
        if (targetModules.equalsIgnoreCase(TargetModules.ALL_LINEAR)) {
            return TargetModules.allLinear();
        }
        return targetModules.matches("[\\w.,-]+")
                ? TargetModules.of(List.of(targetModules.split(",")))
                : TargetModules.matching(targetModules);
    }
}
