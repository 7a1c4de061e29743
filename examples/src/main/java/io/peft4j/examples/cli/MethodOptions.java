package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSyntaxException;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.io.PythonJson;
import io.peft4j.model.TargetModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How methods are set: each option stands for a field of {@code adapter_config.json}. */
final class MethodOptions {

    private static final List<String> ALPHAS = List.of("lora_alpha", "alpha");

    /** What the rank is called; AdaLoRA starts with one and has another field that does nothing. */
    private static final List<String> RANKS = List.of("init_r", "r");

    private static final String FACTOR = "reduction_factor";

    /** What stands in the place of a factor. */
    private static final String SIZE = "bottleneck_size";

    @Option(names = "--rank", description = "Inner dimension of low-rank factors. Default for LoRA: 8")
    private @Nullable Integer rank;

    @Option(
            names = "--alpha",
            description =
                    "Numerator of the scaling. Default: grows with the rank from the usual, twice the rank for LoRA")
    private @Nullable Double alpha;

    @Option(
            names = "--target-modules",
            paramLabel = "a,b|all-linear|REGEX",
            description = "Modules to adapt. Default: as the method and the model usually have it")
    private @Nullable String targetModules;

    @Option(names = "--dropout", description = "Dropout of the method. Default: 0")
    private @Nullable Double dropout;

    @Option(names = "--rslora", description = "Scale by alpha/sqrt(rank).")
    private boolean rankStabilized;

    @Option(
            names = "--reduction-factor",
            description = "Hidden width divided by the width of a bottleneck; must divide it.")
    private @Nullable Double reductionFactor;

    @Option(names = "--bottleneck-size", description = "Width of a bottleneck, in the place of --reduction-factor.")
    private @Nullable Integer bottleneckSize;

    @Option(names = "--num-virtual-tokens", description = "Length of a prompt or prefix.")
    private @Nullable Integer virtualTokens;

    @Option(
            names = "--set",
            paramLabel = "FIELD=VALUE",
            description = "Any other field of adapter_config.json; repeatable. The value is JSON, or else a text.")
    private Map<String, String> others = new LinkedHashMap<>();

    @Option(names = "--config", paramLabel = "FILE", description = "Take every setting from an adapter_config.json.")
    private @Nullable Path config;

    /** An option as it was given, and what methods may call it. */
    private record Given(String option, List<String> fields, JsonElement value) {}

    /** Returns whether a file has every setting. */
    boolean isFromFile() {
        return config != null;
    }

    /**
     * Returns the methods to set: those that are given, else the usual ones.
     *
     * @throws UsageException if none is given, there is no such method, one is given twice, or beside a file that says which it is
     */
    List<String> methods(@Nullable List<String> given, List<String> usual) {
        if (given == null) {
            return usual;
        } else if (given.isEmpty()) {
            throw new UsageException("--methods names no method: leave it out for the usual ones, " + usual);
        } else if (config != null) {
            throw new UsageException("--config says which method it is: leave out " + given);
        }
        given.forEach(MethodEntry::of);
        if (given.stream().distinct().count() < given.size()) {
            throw new UsageException("a method is compared once: " + given);
        }
        return given;
    }

    /** Returns the settings of methods by name, for what does not train: how many updates there will be plays no part. */
    Map<String, PeftConfig> configs(List<String> methods, List<String> defaultTargets) throws IOException {
        return configs(methods, defaultTargets, 1);
    }

    /**
     * Returns the settings of methods by name, for a training.
     *
     * @param updates how many there will be
     * @throws UsageException if an option says nothing to any of them
     */
    Map<String, PeftConfig> configs(List<String> methods, List<String> defaultTargets, int updates) throws IOException {
        if (config != null) {
            PeftConfig read = fromFile(config);
            return Map.of(MethodEntry.nameOf(read.peftType()), read);
        }
        Map<String, PeftConfig> configs = new LinkedHashMap<>();
        Set<String> used = new TreeSet<>();
        Set<String> known = new TreeSet<>();
        for (String method : methods) {
            MethodEntry entry = MethodEntry.of(method);
            JsonObject json = entry.json(defaultTargets, updates);
            JsonObject usual = fields(entry.read(json));
            entry.fixed().forEach(usual::remove);
            keepScaling(usual, json);
            Set<String> fields = settable(usual, json);
            for (Given given : given()) {
                given.fields().stream().filter(fields::contains).findFirst().ifPresent(field -> {
                    json.add(field, given.value());
                    used.add(given.option());
                });
            }
            configs.put(method, entry.read(json));
            known.addAll(fields);
        }
        List<String> unused = given().stream()
                .map(Given::option)
                .filter(option -> !used.contains(option))
                .toList();
        if (!unused.isEmpty()) {
            throw new UsageException(
                    "%s says nothing to %s, which have the fields %s".formatted(unused, methods, known));
        }
        return configs;
    }

    /** Returns the fields that can be set; the usual factor gives way to a size. */
    private Set<String> settable(JsonObject usual, JsonObject json) {
        Set<String> fields = new TreeSet<>(usual.keySet());
        if (fields.contains(FACTOR)) {
            fields.add(SIZE);
            if (given().stream().anyMatch(given -> given.fields().contains(SIZE))) {
                json.remove(FACTOR);
            }
        }
        return fields;
    }

    private PeftConfig fromFile(Path file) throws IOException {
        if (!given().isEmpty()) {
            throw new UsageException("--config takes every setting from %s; leave out %s"
                    .formatted(
                            file, given().stream().map(Given::option).distinct().toList()));
        }
        return PeftMethods.read(new ConfigFields(PythonJson.read(file), file.toString()));
    }

    private static JsonObject fields(PeftConfig settings) {
        return PeftMethods.of(settings).write(settings);
    }

    /** Another rank leaves alpha/rank what it usually is. */
    private void keepScaling(JsonObject usual, JsonObject json) {
        String field = RANKS.stream().filter(usual::has).findFirst().orElse("");
        if (rank == null || field.isEmpty()) {
            return;
        }
        ALPHAS.stream()
                .filter(usual::has)
                .forEach(alpha -> json.addProperty(
                        alpha, usual.get(alpha).getAsDouble() / usual.get(field).getAsDouble() * rank));
    }

    private List<Given> given() {
        List<Given> given = new ArrayList<>();
        if (rank != null) {
            given.add(new Given("--rank", RANKS, new JsonPrimitive(rank)));
        }
        add(given, "--alpha", alpha, ALPHAS.toArray(String[]::new));
        add(given, "--dropout", dropout, "lora_dropout", "rank_dropout", "dropout");
        add(given, "--reduction-factor", reductionFactor, FACTOR);
        add(given, "--bottleneck-size", bottleneckSize, SIZE);
        add(given, "--num-virtual-tokens", virtualTokens, "num_virtual_tokens", "prompt_length", "prefix_length");
        if (targetModules != null) {
            given.add(new Given("--target-modules", List.of("target_modules"), targets(targetModules)));
        }
        if (rankStabilized) {
            given.add(new Given("--rslora", List.of("use_rslora"), new JsonPrimitive(true)));
        }
        others.forEach((field, value) -> given.add(new Given("--set " + field, List.of(field), json(value))));
        return given;
    }

    private static void add(List<Given> given, String option, @Nullable Number value, String... fields) {
        if (value != null) {
            given.add(new Given(option, List.of(fields), new JsonPrimitive(value)));
        }
    }

    /** A list of names has commas or is plain words; anything else is an expression. */
    private static JsonElement targets(String text) {
        if (text.equalsIgnoreCase(TargetModules.ALL_LINEAR) || !text.matches("[\\w.,-]*")) {
            return new JsonPrimitive(text);
        }
        JsonArray names = new JsonArray();
        for (String name : text.split(",", -1)) {
            if (name.isEmpty()) {
                throw new UsageException("--target-modules has an empty name: \"%s\"".formatted(text));
            }
            names.add(name);
        }
        return names;
    }

    private static JsonElement json(String value) {
        try {
            return JsonParser.parseString(value);
        } catch (JsonSyntaxException e) {
            return new JsonPrimitive(value);
        }
    }
}
