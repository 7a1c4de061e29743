package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.Prediction;
import io.peft4j.models.text.SentenceEncoder;
import io.peft4j.models.text.TaggedRow;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextRow;
import io.peft4j.models.text.TokenClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints a label, or a vector, for each text. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints a label for each text, or its vector where there is no classifier, as JSON lines.")
final class PredictVerb implements Callable<Integer> {

    private static final String NOTHING = "nothing to predict: give --text or --data";

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Mixin
    private AdapterOptions adapters = new AdapterOptions();

    @Option(names = "--text", paramLabel = "TEXT", description = "A text; repeatable.")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--data", paramLabel = "FILE", description = "TSV or JSON lines, also .gz.")
    private @Nullable Path data;

    @Option(names = "--vector", description = "Print vectors even if the model classifies.")
    private boolean vector;

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

    @SuppressWarnings("UnusedVariable") // Every verb takes it.
    @Option(names = "--json", description = "JSON lines, which is what is printed anyway.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Path folder = base.folder();
        List<AdapterFolder> folders = adapters.open();
        if (!vector && TaggedTexts.areTagged(folder, folders)) {
            tags(folder, folders);
            return 0;
        }
        List<String> all = new ArrayList<>(texts);
        if (data != null) {
            TextFile.readTexts(data).stream().map(TextRow::text).forEach(all::add);
        }
        if (all.isEmpty()) {
            throw new UsageException(NOTHING);
        }
        if (vector && folders.stream().anyMatch(PredictVerb::hasHead)) {
            throw new UsageException("--vector takes adapters that were trained for vectors, without a head");
        }
        if (vector || (adapters.isEmpty() && !SentenceEncoder.classifies(folder))) {
            try (SentenceEncoder encoder = SentenceEncoder.load(folder, base.dtype(), base.device());
                    LoadedAdapters loaded = LoadedAdapters.load(folders, encoder.base())) {
                float[][] vectors = vectors(encoder, loaded.selection(), all);
                for (int i = 0; i < vectors.length; i++) {
                    print(all.get(i), vectors[i]);
                }
            }
            return 0;
        }
        try (TextClassifier model = TextClassifiers.load(folder, base, TextClassifiers.labels(folders), maxLength);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            model.batchSize(batchSize).predict(loaded.selection(), all).forEach(PredictVerb::print);
        }
        return 0;
    }

    private static boolean hasHead(AdapterFolder adapter) {
        return adapter.taskType()
                .filter(type -> type != TaskType.FEATURE_EXTRACTION)
                .isPresent();
    }

    private float[][] vectors(SentenceEncoder encoder, Selection selection, List<String> all) {
        SentenceEncoder cut = maxLength > 0 ? encoder.truncatingAt(maxLength) : encoder;
        return cut.batchSize(batchSize).vectors(selection, all);
    }

    /** Tags words: those of the data's column {@code tokens}, and those of texts between spaces. */
    private void tags(Path folder, List<AdapterFolder> folders) throws IOException {
        List<List<String>> all = new ArrayList<>();
        texts.forEach(text -> all.add(List.of(text.strip().split("\\s+", -1))));
        if (data != null) {
            TextFile.readTagged(data).stream().map(TaggedRow::tokens).forEach(all::add);
        }
        if (all.isEmpty()) {
            throw new UsageException(NOTHING);
        }
        try (TokenClassifier model = TaggedTexts.load(folder, base, TextClassifiers.labels(folders), maxLength);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            List<List<String>> tags = model.batchSize(batchSize).predict(loaded.selection(), all);
            for (int i = 0; i < tags.size(); i++) {
                TaggedTexts.print(all.get(i), tags.get(i));
            }
        }
    }

    private static void print(Prediction prediction) {
        JsonObject object = new JsonObject();
        object.addProperty("text", prediction.text());
        object.addProperty("label", prediction.label());
        object.addProperty("score", prediction.score());
        object.add("scores", Json.numbers(prediction.scores()));
        System.out.println(Json.line(object));
    }

    private static void print(String text, float[] vector) {
        List<Float> values = new ArrayList<>();
        for (float value : vector) {
            values.add(value);
        }
        JsonObject object = new JsonObject();
        object.addProperty("text", text);
        object.add("vector", Json.numbers(values));
        System.out.println(Json.line(object));
    }
}
