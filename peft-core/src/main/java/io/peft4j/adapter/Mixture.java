package io.peft4j.adapter;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Network;
import io.peft4j.model.RecordingOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Several methods as one adapter: trained together over one buffer, each one's changes after those of the one before.
 *
 * <p>LoRA with a prompt, an adapter with LoRA; MAM (He et al. 2022) and UniPELT (Mao et al. 2022) are mixtures.
 *
 * @param configs the settings of each, of different methods
 */
public record Mixture(List<PeftConfig> configs) implements PeftConfig {

    /** The name in {@code adapter_config.json}. */
    public static final String TYPE = "MIXTURE";

    /** Checks the parts: one of each kind, since two would use the same names for their tensors. */
    public Mixture {
        configs = List.copyOf(configs);
        List<String> types = configs.stream().map(PeftConfig::peftType).toList();
        if (types.isEmpty() || types.stream().distinct().count() < types.size() || types.contains(TYPE)) {
            throw new IllegalArgumentException(
                    "a mixture has one or more different methods, none of them a mixture: " + types);
        }
        List<Class<?>> whole = List.of(FullFineTuning.class, LinearProbe.class);
        if (configs.stream().anyMatch(config -> whole.contains(config.getClass()))) {
            throw new IllegalArgumentException(
                    "full fine-tuning and a linear probe are no parts of a mixture: " + types);
        }
    }

    /** Makes a mixture. */
    public static Mixture of(PeftConfig... configs) {
        return new Mixture(List.of(configs));
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public int tasks() {
        return configs.stream().mapToInt(PeftConfig::tasks).max().orElse(0);
    }

    @Override
    public List<String> modulesToSave() {
        return configs.stream()
                .flatMap(config -> config.modulesToSave().stream())
                .distinct()
                .toList();
    }

    /** The service. */
    public static final class Method implements PeftMethod<Mixture> {
        @Override
        public String peftType() {
            return TYPE;
        }

        @Override
        public Class<Mixture> configType() {
            return Mixture.class;
        }

        @Override
        public Adaptation attach(Mixture config, BaseModel base) {
            return stack(config, base, part -> PeftMethods.of(part).attach(part, base));
        }

        @Override
        public Adaptation reattach(Mixture config, BaseModel base) {
            return stack(config, base, part -> PeftMethods.of(part).reattach(part, base));
        }

        private static Adaptation stack(Mixture config, BaseModel base, Function<PeftConfig, Adaptation> attach) {
            List<Adaptation> parts = config.configs().stream().map(attach).toList();
            checkNames(config, parts, base);
            return new Stacked(parts);
        }

        /** Parts that call tensors or calls alike would share them without anybody having asked for it. */
        private static void checkNames(Mixture config, List<Adaptation> parts, BaseModel base) {
            Map<String, String> owners = new HashMap<>();
            List<String> problems = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                String type = config.configs().get(i).peftType();
                for (String name : names(parts.get(i), base)) {
                    String owner = owners.putIfAbsent(name, type);
                    if (owner != null) {
                        problems.add("%s of %s and %s".formatted(name, owner, type));
                    }
                }
            }
            if (!problems.isEmpty()) {
                throw new IllegalArgumentException(
                        "parts of a mixture have the same names: %s; train them as adapters of their own and stack them"
                                .formatted(String.join("; ", problems)));
            }
        }

        private static List<String> names(Adaptation part, BaseModel base) {
            Network network = base.record(RecordingOptions.inference(part, base.dtype(), true), (recorder, task) -> {});
            Stream<String> tensors = network.parameters().stream().map(parameter -> "tensor " + parameter.name());
            Stream<String> calls = network.stages().stream()
                    .filter(stage -> !stage.arguments().isEmpty())
                    .filter(stage -> stage.arguments().stream().allMatch(Network.Argument.Parameter.class::isInstance))
                    .map(stage -> "call " + stage.path());
            return Stream.concat(tensors, calls.distinct()).toList();
        }

        @Override
        public Mixture tokenised(Mixture config, Function<String, List<Integer>> tokens) {
            return new Mixture(config.configs().stream()
                    .map(part -> PeftMethods.tokenised(part, tokens))
                    .toList());
        }

        @Override
        public Mixture read(ConfigFields fields) {
            List<PeftConfig> configs = new ArrayList<>();
            JsonElement parts = fields.get("configs");
            boolean isList = parts != null && parts.isJsonArray();
            fields.require(isList, "configs must be a list of settings: %s", String.valueOf(parts));
            if (parts != null && isList) {
                for (JsonElement part : parts.getAsJsonArray()) {
                    String name = "configs[%d]".formatted(configs.size());
                    if (!part.isJsonObject()) {
                        throw new IllegalArgumentException(
                                "%s must be an object of settings: %s".formatted(name, part));
                    }
                    configs.add(PeftMethods.read(new ConfigFields(part.getAsJsonObject(), name)));
                }
            }
            fields.check(new JsonObject());
            return new Mixture(configs);
        }

        @Override
        public JsonObject write(Mixture config) {
            JsonArray configs = new JsonArray();
            for (PeftConfig part : config.configs()) {
                JsonObject json = PeftMethods.of(part).write(part);
                json.addProperty("peft_type", part.peftType());
                configs.add(json);
            }
            JsonObject json = new JsonObject();
            json.add("configs", configs);
            return json;
        }
    }
}
