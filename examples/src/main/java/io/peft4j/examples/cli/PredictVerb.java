package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.SentenceEncoder;
import io.peft4j.models.text.SequenceModel;
import io.peft4j.models.text.TaggedRow;
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
        ModelTask task = ModelTask.of(folder, folders);
        if (!vector && task.type() == TaskType.TOKEN_CLS) {
            tags(folder, folders);
            return 0;
        }
        List<TextRow> all = new ArrayList<>();
        texts.forEach(text -> all.add(new TextRow(text, null, null)));
        if (data != null) {
            all.addAll(TextFile.readTexts(data));
        }
        if (all.isEmpty()) {
            throw new UsageException(NOTHING);
        }
        if (vector && folders.stream().anyMatch(PredictVerb::hasHead)) {
            throw new UsageException("--vector takes adapters that were trained for vectors, without a head");
        }
        if (vector || task.type() != TaskType.SEQ_CLS) {
            vectors(folder, folders, all);
            return 0;
        }
        predict(SequenceTask.of(folder, folders, TextClassifiers.labels(folders)), folder, folders, all);
        return 0;
    }

    private <M extends SequenceModel<M, W, P, R>, W, P, R> void predict(
            SequenceTask<M, W, P, R> kind, Path folder, List<AdapterFolder> folders, List<TextRow> rows)
            throws IOException {
        try (M model = kind.load(folder, base, TextClassifiers.labels(folders), maxLength, batchSize);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            List<P> predictions = model.predictRows(loaded.selection(), rows);
            for (int i = 0; i < predictions.size(); i++) {
                JsonObject object = kind.json(predictions.get(i));
                if (rows.get(i).textB() != null) {
                    object.addProperty("text_b", rows.get(i).textB());
                }
                System.out.println(Json.line(object));
            }
        }
    }

    private static boolean hasHead(AdapterFolder adapter) {
        return adapter.taskType()
                .filter(type -> type != TaskType.FEATURE_EXTRACTION)
                .isPresent();
    }

    private void vectors(Path folder, List<AdapterFolder> folders, List<TextRow> all) throws IOException {
        try (SentenceEncoder encoder = SentencePairs.load(folder, base, maxLength);
                LoadedAdapters loaded = LoadedAdapters.load(folders, encoder.base())) {
            float[][] vectors = encoder.batchSize(batchSize).vectorRows(loaded.selection(), all);
            for (int i = 0; i < vectors.length; i++) {
                print(all.get(i).text(), vectors[i]);
            }
        }
    }

    /** Tags words: those of the data's column {@code tokens}, and those of texts between spaces. */
    private void tags(Path folder, List<AdapterFolder> folders) throws IOException {
        List<TaggedRow> all = new ArrayList<>();
        texts.forEach(text -> all.add(new TaggedRow(List.of(text.strip().split("\\s+", -1)), List.of())));
        if (data != null) {
            all.addAll(TextFile.readTagged(data));
        }
        if (all.isEmpty()) {
            throw new UsageException(NOTHING);
        }
        try (TokenClassifier model = TaggedTexts.load(folder, base, TextClassifiers.labels(folders), maxLength);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            List<List<String>> tags = model.batchSize(batchSize).predictRows(loaded.selection(), all);
            for (int i = 0; i < tags.size(); i++) {
                TaggedTexts.print(all.get(i).tokens(), tags.get(i));
            }
        }
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
