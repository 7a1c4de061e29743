package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.io.Checkpoint;
import io.peft4j.io.PythonJson;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells what a folder holds, from headers alone, or what training a method on a base would take. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Tells what a base model or an adapter folder holds; with --method, what memory training would take.")
final class InspectVerb implements Callable<Integer> {

    /** Options that say something without a method. */
    private static final Set<String> OF_FOLDERS =
            Set.of("--base", "--adapter", "--json", "--device", "--precision", "--threads", "--seed");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Mixin
    private PlannedRun run = new PlannedRun();

    @Option(names = "--adapter", paramLabel = "DIR", description = "An adapter folder.")
    private @Nullable Path adapter;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (adapter == null && !isGiven("--base") && !run.isAsked()) {
            throw new UsageException("nothing to inspect: give --base or --adapter");
        }
        if (adapter != null && run.isAsked()) {
            throw new UsageException("a run is planned from --method or --config, not from --adapter: leave one out");
        }
        List<String> ofARun = spec.commandLine().getParseResult().matchedOptions().stream()
                .map(OptionSpec::longestName)
                .filter(option -> !OF_FOLDERS.contains(option))
                .toList();
        if (!run.isAsked() && !ofARun.isEmpty()) {
            throw new UsageException("%s plan the memory of training: add --method or --config".formatted(ofARun));
        }
        if (run.isAsked()) {
            System.out.println(run.plan(base, json));
            return 0;
        }
        JsonObject object = adapter == null ? base(base.folder()) : adapter(adapter);
        System.out.println(json ? Json.pretty(object) : text(object));
        int problems = object.getAsJsonArray("problems").size();
        if (problems > 0) {
            System.err.println("error: %s cannot be used as it is: see the problems"
                    .formatted(adapter == null ? base.folder() : adapter));
        }
        return problems > 0 ? 1 : 0;
    }

    private boolean isGiven(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    private static JsonObject base(Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        ModelConfig config = new ModelConfig(PythonJson.read(file), file.toString());
        List<String> problems = new ArrayList<>();
        List<TensorInfo> tensors = weights(folder, problems);
        JsonObject object = new JsonObject();
        object.addProperty("kind", "base");
        object.add("method", JsonNull.INSTANCE);
        object.addProperty("base_model", folder.toString());
        object.addProperty("model_type", config.modelType());
        object.addProperty("parameters", elements(tensors));
        object.addProperty("trainable", 0);
        object.add("target_modules", JsonNull.INSTANCE);
        return withTensors(object, tensors, problems);
    }

    private static List<TensorInfo> weights(Path folder, List<String> problems) {
        try {
            Checkpoint checkpoint = Checkpoint.open(folder);
            return checkpoint.names().stream().map(checkpoint::info).toList();
        } catch (IOException | IllegalArgumentException e) {
            add(problems, e);
            return List.of();
        }
    }

    private JsonObject adapter(Path folder) throws IOException {
        List<String> problems = new ArrayList<>();
        JsonObject object = new JsonObject();
        object.addProperty("kind", "adapter");
        AdapterFolder files;
        try {
            files = AdapterFolder.open(folder);
        } catch (IOException | IllegalArgumentException e) {
            // Settings alone still tell what it should be.
            JsonObject settings = PythonJson.read(folder.resolve("adapter_config.json"));
            add(problems, e);
            describe(
                    object,
                    settings.get("peft_type"),
                    settings.get("base_model_name_or_path"),
                    0,
                    settings.get("target_modules"));
            return withTensors(object, List.of(), problems);
        }
        @Nullable ParameterCount count = isGiven("--base") ? count(files, problems) : null;
        try {
            JsonElement targets = files.fields().get("target_modules");
            files.config();
            long trainable = count == null ? elements(files.trained()) : count.trainable();
            describe(object, text(files.peftType()), text(files.baseModel()), trainable, targets);
        } catch (IllegalArgumentException e) {
            add(problems, e);
            describe(object, null, text(files.baseModel()), elements(files.tensors()), null);
        }
        object.addProperty("share", count == null ? null : count.share());
        return withTensors(object, files.tensors(), problems);
    }

    private static JsonElement text(String value) {
        return new JsonPrimitive(value);
    }

    private static void describe(
            JsonObject object,
            @Nullable JsonElement method,
            @Nullable JsonElement baseModel,
            long trainable,
            @Nullable JsonElement targets) {
        object.add("method", orNull(method));
        object.add("base_model", orNull(baseModel));
        object.addProperty("trainable", trainable);
        object.add("target_modules", orNull(targets));
    }

    private static JsonElement orNull(@Nullable JsonElement value) {
        return value == null ? JsonNull.INSTANCE : value;
    }

    /** Counts what trains when the adapter is on the base; nothing if it does not fit there. */
    private @Nullable ParameterCount count(AdapterFolder files, List<String> problems) throws IOException {
        Path folder = base.folder();
        BaseModelLoader loader = BaseModel.from(folder)
                .precision(base.dtype())
                .weights(base.weights())
                .device(base.device());
        try {
            ModelTask.of(folder, List.of(files)).withHead().ifPresent(loader::task);
            try (BaseModel model = loader.load();
                    Adapter loaded = files.load(model)) {
                return ParameterCount.of(model, loaded);
            }
        } catch (IOException | IllegalArgumentException e) {
            add(problems, e);
            return null;
        }
    }

    private static void add(List<String> problems, Exception failure) {
        FailureText.of(failure)
                .lines()
                .map(String::strip)
                .filter(line -> !problems.contains(line))
                .forEach(problems::add);
    }

    private static JsonObject withTensors(JsonObject object, List<TensorInfo> tensors, List<String> problems) {
        JsonArray list = new JsonArray();
        long bytes = 0;
        for (TensorInfo info : tensors) {
            JsonObject tensor = new JsonObject();
            tensor.addProperty("name", info.name());
            tensor.addProperty("dtype", info.dtype().safeTensorsName());
            tensor.add("shape", Json.numbers(info.shape()));
            list.add(tensor);
            bytes += info.bytes();
        }
        object.addProperty("bytes", bytes);
        object.add("tensors", list);
        object.add("problems", Json.texts(problems));
        return object;
    }

    private static long elements(List<TensorInfo> tensors) {
        return tensors.stream()
                .mapToLong(info -> info.shape().stream().reduce(1L, Math::multiplyExact))
                .sum();
    }

    private static String text(JsonObject object) {
        StringBuilder text = new StringBuilder();
        object.entrySet().forEach(entry -> {
            if (!entry.getKey().equals("tensors")) {
                text.append("%-15s %s%n".formatted(entry.getKey(), Json.line(entry.getValue())));
            }
        });
        for (JsonElement tensor : object.getAsJsonArray("tensors")) {
            JsonObject t = tensor.getAsJsonObject();
            text.append("%-5s %-18s %s%n"
                    .formatted(
                            t.get("dtype").getAsString(),
                            t.get("shape"),
                            t.get("name").getAsString()));
        }
        return text.toString().stripTrailing();
    }
}
