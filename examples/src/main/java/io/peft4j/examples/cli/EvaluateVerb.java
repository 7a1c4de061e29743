package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.CompletionRow;
import io.peft4j.models.text.TaggedRow;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.models.text.TokenClassifier;
import io.peft4j.train.metrics.SpanF1;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores an adapter on a data file. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Scores an adapter, or the base model, on texts with labels.")
final class EvaluateVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Mixin
    private AdapterOptions adapters = new AdapterOptions();

    @Option(names = "--data", required = true, paramLabel = "FILE", description = "TSV or JSON lines, also .gz.")
    private @Nullable Path data;

    @Option(
            names = "--max-length",
            defaultValue = "0",
            converter = Count.class,
            description = "Tokens per text; longer ones are truncated.")
    private int maxLength;

    @Option(
            names = "--batch-size",
            defaultValue = "32",
            converter = Count.Positive.class,
            description = "Rows per forward pass. Default: 32")
    private int batchSize;

    @Option(names = "--exact-match", description = "Also generate, and count the completions that come out.")
    private boolean exactMatch;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Path folder = base.folder();
        List<AdapterFolder> folders = adapters.open();
        ModelTask task = ModelTask.of(folder, folders);
        switch (task.type()) {
            case CAUSAL_LM, SEQ_2_SEQ_LM -> perplexity(folder, folders);
            case TOKEN_CLS -> spans(folder, folders, task);
            default ->
                SequenceTask.of(folder, folders, task.labels())
                        .evaluate(folder, base, folders, Objects.requireNonNull(data), maxLength, batchSize, json);
        }
        return 0;
    }

    private void spans(Path folder, List<AdapterFolder> folders, ModelTask task) throws IOException {
        List<TaggedRow> rows = TextFile.readLabelledTokens(Objects.requireNonNull(data));
        try (TokenClassifier model =
                        TaggedTexts.load(folder, base, task.labels(), maxLength).batchSize(batchSize);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            SpanF1 scores = model.evaluate(loaded.selection(), rows);
            System.out.println(json ? Json.pretty(TaggedTexts.json(rows.size(), scores)) : scores.table(4));
        }
    }

    private void perplexity(Path folder, List<AdapterFolder> folders) throws IOException {
        List<CompletionRow> rows = TextFile.readCompletions(Objects.requireNonNull(data));
        try (TextGenerator loaded = LanguageModels.load(folder, base);
                LoadedAdapters trained = LoadedAdapters.load(folders, loaded.base())) {
            TextGenerator model = maxLength > 0 ? loaded.truncatingAt(maxLength) : loaded;
            JsonObject report = LanguageModels.evaluate(model, trained.selection(), rows);
            boolean answers = model.base().task().type() == TaskType.SEQ_2_SEQ_LM;
            if (exactMatch || answers) {
                report.addProperty("exact_match", model.exactMatch(trained.selection(), rows));
            }
            System.out.println(json ? Json.pretty(report) : LanguageModels.summary(report));
        }
    }
}
