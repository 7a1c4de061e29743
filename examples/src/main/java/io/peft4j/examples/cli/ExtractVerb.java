package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.lora.LoraConfig;
import io.peft4j.lora.LoraExtraction;
import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Turns the difference of two checkpoints into a LoRA. */
@Command(
        name = "extract",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes the LoRA that is nearest to what fine-tuning changed, and says how near it is.")
final class ExtractVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(names = "--tuned", required = true, paramLabel = "DIR", description = "The fine-tuned checkpoint.")
    private @Nullable Path tuned;

    @Mixin
    private MethodOptions settings = new MethodOptions();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the adapter goes.")
    private @Nullable Path out;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Path target = Objects.requireNonNull(out);
        Path checkpoint = Objects.requireNonNull(tuned);
        OutputFolder.check(target);
        Path folder = base.folder();
        OutputFolder.checkApart(target, List.of(folder, checkpoint));
        try (BaseModel before = BaseModel.from(folder).device(base.device()).load();
                BaseModel after = BaseModel.from(checkpoint)
                        .task(before.task())
                        .device(base.device())
                        .load()) {
            LoraExtraction found = LoraExtraction.between(before, after, config(before));
            try (Adapter adapter = found.adapter()) {
                AdapterFolder.save(adapter, before, target);
                JsonObject report = report(found, ParameterCount.of(before, adapter));
                System.out.println(json ? Json.pretty(report) : text(found));
            }
        }
        return 0;
    }

    private LoraConfig config(BaseModel model) throws IOException {
        PeftConfig config = settings.configs(
                        List.of("lora"), model.architecture().defaultTargets())
                .values()
                .iterator()
                .next();
        if (config instanceof LoraConfig lora) {
            return lora;
        }
        throw new UsageException("what is extracted is a LoRA: " + config.peftType());
    }

    private static JsonObject report(LoraExtraction found, ParameterCount count) {
        JsonObject report = new JsonObject();
        report.addProperty("trainable", count.trainable());
        report.addProperty("relative_error", found.relativeError());
        report.add("errors", Json.numbers(found.errors()));
        report.add("left", Json.texts(found.left()));
        return report;
    }

    private String text(LoraExtraction found) {
        StringBuilder text = new StringBuilder("saved %s".formatted(out));
        text.append(String.format(Locale.ROOT, "%nrelative error of the targets: %.4f", found.relativeError()));
        found.errors().forEach((path, error) -> text.append(String.format(Locale.ROOT, "%n  %.4f %s", error, path)));
        if (!found.left().isEmpty()) {
            text.append("%ndiffer too, and are not in the adapter: %s".formatted(String.join(", ", found.left())));
        }
        return text.toString();
    }
}
