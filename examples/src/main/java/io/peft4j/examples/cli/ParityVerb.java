package io.peft4j.examples.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.parity.ParityReport;
import io.peft4j.parity.ParityRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares with what another implementation computed. */
@Command(
        name = "parity",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs a case made by another implementation and reports the differences.")
final class ParityVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "Folder of the adapter, or of folders of adapters; repeatable. Without, the base alone.")
    private List<Path> adapters = new ArrayList<>();

    @Option(names = "--case", required = true, paramLabel = "FILE", description = "Inputs and expected numbers.")
    private @Nullable Path file;

    @Option(names = "--steps", defaultValue = "3", converter = Count.class, description = "Steps of AdamW. Default: 3")
    private int steps;

    @Option(names = "--learning-rate", defaultValue = "1e-2", description = "Default: 1e-2")
    private double learningRate;

    @Option(names = "--weight-decay", defaultValue = "0.1", description = "Default: 0.1")
    private double weightDecay;

    @Option(
            names = "--clip-norm",
            defaultValue = "1.0",
            converter = ClipNorm.class,
            description = "Largest norm of the gradients, 0 for no limit. Default: 1.0")
    private double clipNorm;

    @Option(names = "--tolerance", defaultValue = "1e-4", description = "Largest relative difference. Default: 1e-4")
    private double tolerance;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write what was computed.")
    private @Nullable Path out;

    @Option(names = "--save-adapter", paramLabel = "DIR", description = "Where to save the adapter after the steps.")
    private @Nullable Path saveAdapter;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        base.requireFloat32();
        if (!(tolerance >= 0)) {
            throw new UsageException("--tolerance must not be negative: " + tolerance);
        }
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new UsageException("--learning-rate must be positive: " + learningRate);
        }
        if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
            throw new UsageException("--weight-decay must not be negative: " + weightDecay);
        }
        checkWritten();
        ParityRun.Steps taken = new ParityRun.Steps(steps, learningRate, weightDecay, clipNorm);
        Map<String, Path> folders = named(AdapterFolders.expand(adapters));
        Path folder = base.folder();
        try (BaseModel model = BaseModel.from(folder)
                .weights(base.weights())
                .device(base.device())
                .seed(base.seed())
                .load()) {
            Map<String, Adapter> loaded = new LinkedHashMap<>();
            try {
                for (Map.Entry<String, Path> adapter : folders.entrySet()) {
                    AdapterFolder opened = AdapterFolder.open(adapter.getValue());
                    loaded.put(adapter.getKey(), ParityRun.adapter(opened, model, Objects.requireNonNull(file)));
                }
                return run(model, loaded, taken);
            } finally {
                loaded.values().forEach(Adapter::close);
            }
        }
    }

    private void checkWritten() throws IOException {
        if (out != null) {
            OutputFolder.checkFile("--out", out);
            OutputFolder.checkApart("--out", out, List.of(Objects.requireNonNull(file)));
        }
        if (saveAdapter != null) {
            OutputFolder.check("--save-adapter", saveAdapter);
            OutputFolder.checkApart("--save-adapter", saveAdapter, adapters);
        }
    }

    /** Returns the folders by the names that a case has for their adapters. */
    private static Map<String, Path> named(List<Path> folders) {
        Map<String, Path> named = new LinkedHashMap<>();
        for (Path folder : folders) {
            Path same = named.putIfAbsent(folder.getFileName().toString(), folder);
            if (same != null) {
                throw new UsageException(
                        "--adapter %s and %s have the same name, by which a case knows them".formatted(same, folder));
            }
        }
        return named;
    }

    private int run(BaseModel model, Map<String, Adapter> loaded, ParityRun.Steps taken) throws IOException {
        if (saveAdapter != null && loaded.size() != 1) {
            throw new UsageException("--save-adapter needs one --adapter: " + loaded.keySet());
        }
        ParityReport report =
                ParityRun.run(model, loaded, Objects.requireNonNull(file), taken, tolerance, Optional.ofNullable(out));
        if (report.quantities().isEmpty()
                && report.missing().isEmpty()
                && report.inapplicable().isEmpty()) {
            throw new IllegalArgumentException(
                    "%s has nothing to compare: it holds %s, which is what a model takes; ".formatted(file, names())
                            + "logits, loss or grad.… would be compared");
        }
        if (saveAdapter != null) {
            AdapterFolder.save(loaded.values().iterator().next(), model, saveAdapter);
        }
        System.out.print(json ? Json.pretty(object(report)) + System.lineSeparator() : report.toString());
        return report.passes() ? 0 : 1;
    }

    private List<String> names() throws IOException {
        return SafeTensorsFile.open(Objects.requireNonNull(file)).tensors().stream()
                .map(TensorInfo::name)
                .toList();
    }

    private static JsonObject object(ParityReport report) {
        JsonObject object = new JsonObject();
        object.addProperty("passes", report.passes());
        object.addProperty("tolerance", report.tolerance());
        JsonArray quantities = new JsonArray();
        for (ParityReport.Quantity quantity : report.quantities()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", quantity.name());
            entry.addProperty("absolute", quantity.absolute());
            entry.addProperty("relative", quantity.relative());
            quantities.add(entry);
        }
        object.add("quantities", quantities);
        object.add("missing", Json.texts(report.missing()));
        object.add("inapplicable", Json.texts(report.inapplicable()));
        return object;
    }
}
