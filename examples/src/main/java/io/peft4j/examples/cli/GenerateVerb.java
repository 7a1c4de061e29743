package io.peft4j.examples.cli;

import com.google.gson.JsonObject;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Sampling;
import io.peft4j.model.TaskType;
import io.peft4j.models.text.GeneratedText;
import io.peft4j.models.text.TextFile;
import io.peft4j.models.text.TextGenerator;
import io.peft4j.models.text.TextListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Continues or answers texts. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Continues prompts with a decoder, or answers them with an encoder-decoder.")
final class GenerateVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Mixin
    private AdapterOptions adapters = new AdapterOptions();

    @Option(names = "--prompt", paramLabel = "TEXT", description = "What to continue; repeatable, may be empty.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--data", paramLabel = "FILE", description = "Column prompt or text: TSV or JSON lines, also .gz.")
    private @Nullable Path data;

    @Option(names = "--max-new-tokens", defaultValue = "64", description = "Tokens to add at most. Default: 64")
    private int maxNewTokens;

    @Option(
            names = "--temperature",
            defaultValue = "0",
            description = "0 takes the likeliest token always, 1 draws as the model says. Default: 0")
    private double temperature;

    @Option(names = "--top-k", defaultValue = "0", description = "Draw from so many of the likeliest tokens only.")
    private int topK;

    @Option(
            names = "--top-p",
            defaultValue = "1",
            description = "Draw from the likeliest tokens that have this probability together only. Default: 1")
    private double topP;

    @Option(
            names = "--repetition-penalty",
            defaultValue = "1",
            description = "Above 1, tokens that are there already are less likely. Default: 1")
    private double repetitionPenalty;

    @Option(
            names = "--batch-size",
            defaultValue = "8",
            converter = Count.Positive.class,
            description = "Prompts to continue together. Default: 8")
    private int batchSize;

    @Option(names = "--json", description = "Print one JSON object per prompt.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Path folder = base.folder();
        List<String> all = new ArrayList<>(prompts);
        if (data != null) {
            all.addAll(TextFile.readPrompts(data));
        }
        if (all.isEmpty()) {
            throw new UsageException("nothing to continue: give --prompt or --data");
        }
        GenerationOptions options = GenerationOptions.builder()
                .maxNewTokens(maxNewTokens)
                .sampling(new Sampling(temperature, topK, topP, repetitionPenalty))
                .seed(base.seed())
                .build();
        List<AdapterFolder> folders = adapters.open();
        try (TextGenerator model = LanguageModels.load(folder, base);
                LoadedAdapters loaded = LoadedAdapters.load(folders, model.base())) {
            generate(model, loaded.selection(), all, options);
        }
        return 0;
    }

    /** A single prompt's text is printed while it grows; several are printed one after another. */
    private void generate(TextGenerator model, Selection selection, List<String> all, GenerationOptions options) {
        boolean grows = all.size() == 1 && !json;
        boolean continues = model.base().task().type() == TaskType.CAUSAL_LM;
        StringBuilder opening = new StringBuilder(grows && continues ? all.get(0) : "");
        TextListener listener = grows ? (row, piece) -> show(opening, piece) : TextListener.NONE;
        for (int from = 0; from < all.size(); from += batchSize) {
            List<String> batch = all.subList(from, Math.min(from + batchSize, all.size()));
            for (GeneratedText text : model.generate(selection, batch, options, listener)) {
                System.out.println(
                        json
                                ? Json.line(object(text))
                                : grows ? opening : continues ? text.prompt() + text.text() : text.text());
            }
        }
    }

    /** Prints a piece, and what is before the first one. */
    private static void show(StringBuilder opening, String piece) {
        System.out.print(opening + piece);
        opening.setLength(0);
        System.out.flush();
    }

    private static JsonObject object(GeneratedText text) {
        JsonObject object = new JsonObject();
        object.addProperty("prompt", text.prompt());
        object.addProperty("text", text.text());
        object.addProperty("tokens", text.tokens());
        return object;
    }
}
