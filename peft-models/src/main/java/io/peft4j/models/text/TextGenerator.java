package io.peft4j.models.text;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.MeanLoss;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A model with its tokenizer that writes texts, with any adapter that is passed along: a decoder continues prompts, an
 * encoder-decoder answers them.
 */
public final class TextGenerator extends TextModel<TextGenerator> {

    private static final int BATCH = 16;

    /** The same text may be generated in more tokens than the tokenizer needs. */
    private static final int SPARE = 8;

    private final Generator generator;
    private final ExampleEncoder encoder;
    private final Set<Integer> endTokens;

    private TextGenerator(BaseModel base, Tokenizer tokenizer, Set<Integer> endTokens, int maxLength, int batchSize) {
        super(base, tokenizer, maxLength, batchSize);
        this.generator = new Generator(base, padId());
        this.encoder = ExampleEncoder.of(base, tokenizer, maxLength);
        this.endTokens = Set.copyOf(endTokens);
    }

    /**
     * Returns a generator of a model that was loaded for causal or sequence-to-sequence language modelling, and takes over
     * closing both.
     */
    public static TextGenerator of(BaseModel base, Tokenizer tokenizer) {
        Set<Integer> ends = new TreeSet<>(base.endTokens());
        tokenizer.id(SpecialToken.EOS).ifPresent(ends::add);
        return new TextGenerator(base, tokenizer, ends, longest(base, tokenizer), BATCH);
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextGeneratorLoader from(Path folder) {
        return new TextGeneratorLoader(folder);
    }

    @Override
    TextGenerator with(int newMaxLength, int newBatchSize) {
        return new TextGenerator(base(), tokenizer(), endTokens, newMaxLength, newBatchSize);
    }

    /** A token is predicted from one before it. */
    @Override
    int least() {
        return 2;
    }

    /** Returns the same generator whose texts end with any of these tokens; both share everything. */
    public TextGenerator endingWith(Set<Integer> tokens) {
        return new TextGenerator(base(), tokenizer(), tokens, maxLength(), batchSize());
    }

    /** Returns the tokens that end a text; by default those of the model's files and the tokenizer's. */
    public Set<Integer> endTokens() {
        return endTokens;
    }

    /** Trains an adapter on texts and leaves it as it was after the epoch with the least loss on {@code dev}. */
    public Trainer.Result train(
            Adapter adapter,
            List<CompletionRow> train,
            List<CompletionRow> dev,
            TrainingOptions options,
            TrainingListener listener) {
        Trainer trainer = new Trainer(base(), adapter, options, padId()).listener(listener);
        if (!dev.isEmpty()) {
            List<Example> held = examples(Selection.of(adapter), dev);
            trainer.keepBest(candidate -> -loss(Selection.of(candidate), held).nats());
        }
        return trainer.train(examples(Selection.of(adapter), train));
    }

    /**
     * Returns how well adapters, or the base model alone, predict texts.
     *
     * @throws IllegalStateException if the output layer is new and none of the adapters brings one
     */
    public MeanLoss evaluate(Selection selection, List<CompletionRow> rows) {
        checkHead(selection);
        return loss(selection, examples(selection, rows));
    }

    /** Returns examples as long as virtual tokens leave positions for. */
    private List<Example> examples(Selection selection, List<CompletionRow> rows) {
        ExampleEncoder fitting =
                selection.positions() == 0 ? encoder : ExampleEncoder.of(base(), tokenizer(), room(selection));
        return fitting.examples(selection, rows);
    }

    /**
     * Returns for which share of rows the likeliest continuation of the prompt is the completion, up to space at both ends.
     *
     * @throws IllegalArgumentException if a row has no prompt
     */
    public double exactMatch(Selection selection, List<CompletionRow> rows) {
        int hits = 0;
        for (int from = 0; from < rows.size(); from += batchSize()) {
            List<CompletionRow> batch = rows.subList(from, Math.min(from + batchSize(), rows.size()));
            List<String> prompts = batch.stream().map(CompletionRow::prompt).toList();
            if (prompts.contains("")) {
                throw new IllegalArgumentException("exact match needs a prompt in every row, column \"prompt\"");
            }
            int longest =
                    batch.stream().mapToInt(encoder::completionLength).max().orElseThrow();
            GenerationOptions options =
                    GenerationOptions.builder().maxNewTokens(longest + SPARE).build();
            List<GeneratedText> texts = generate(selection, prompts, options, TextListener.NONE);
            for (int i = 0; i < texts.size(); i++) {
                boolean equal = texts.get(i)
                        .text()
                        .strip()
                        .equals(batch.get(i).completion().strip());
                hits += equal ? 1 : 0;
            }
        }
        return (double) hits / rows.size();
    }

    private MeanLoss loss(Selection selection, List<Example> examples) {
        return MeanLoss.of(base(), selection, new BatchSampler(batchSize(), padId()), examples);
    }

    /** Returns the text that one prompt gives. */
    public String generate(Selection selection, String prompt, GenerationOptions options) {
        return generate(selection, List.of(prompt), options, TextListener.NONE)
                .get(0)
                .text();
    }

    /**
     * Continues or answers prompts together, each as if it were alone.
     *
     * @param options of which no stop tokens mean {@link #endTokens}
     * @throws IllegalStateException if the output layer is new and none of the adapters brings one
     */
    public List<GeneratedText> generate(
            Selection selection, List<String> prompts, GenerationOptions options, TextListener listener) {
        checkHead(selection);
        GenerationOptions stopping = options.stopTokens().isEmpty() ? options.withStopTokens(endTokens) : options;
        List<int[]> ids = prompts.stream().map(encoder::prompt).toList();
        List<int[]> before = ids.stream().map(encoder::before).toList();
        List<int[]> added = generator.generate(selection, ids, stopping, new TextStream(tokenizer(), before, listener));
        List<GeneratedText> texts = new ArrayList<>();
        for (int row = 0; row < added.size(); row++) {
            int[] written = IntStream.of(added.get(row))
                    .filter(id -> !stopping.stopTokens().contains(id))
                    .toArray();
            texts.add(
                    new GeneratedText(prompts.get(row), continuation(before.get(row), written), added.get(row).length));
        }
        return texts;
    }

    /** Returns what is new in the text of both: tokens alone would lose the space before the first of them. */
    private String continuation(int[] prompt, int[] added) {
        String before = tokenizer().decode(prompt, true);
        String all = tokenizer()
                .decode(
                        IntStream.concat(IntStream.of(prompt), IntStream.of(added))
                                .toArray(),
                        true);
        return all.startsWith(before)
                ? all.substring(before.length())
                : tokenizer().decode(added, true);
    }

    /** Random weights may generate, which is of use for measuring; a trained model with a new output layer may not. */
    private void checkHead(Selection selection) {
        if (base().hasNewHead()) {
            TrainedHead.check(base(), selection);
        }
    }
}
