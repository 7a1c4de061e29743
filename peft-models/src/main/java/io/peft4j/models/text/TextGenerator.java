package io.peft4j.models.text;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.MeanLoss;
import io.peft4j.train.Trainer;
import io.peft4j.train.TrainingListener;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A decoder with its tokenizer that continues texts, with any adapter that is passed along.
 *
 * <p>Safe for any number of threads. Close it when nobody needs it any more.
 */
public final class TextGenerator implements AutoCloseable {

    private static final int BATCH = 16;

    private final BaseModel base;
    private final Tokenizer tokenizer;
    private final Generator generator;
    private final CompletionEncoder encoder;
    private final Set<Integer> endTokens;

    private TextGenerator(BaseModel base, Tokenizer tokenizer, Set<Integer> endTokens, int maxLength) {
        this.base = base;
        this.tokenizer = tokenizer;
        this.generator = new Generator(base, tokenizer.padId());
        this.encoder = new CompletionEncoder(tokenizer, maxLength);
        this.endTokens = Set.copyOf(endTokens);
    }

    /**
     * Returns a generator of a model that was loaded for causal language modelling, and takes over closing both.
     *
     * @throws IllegalArgumentException if the tokenizer has ids that the model has no rows for
     */
    public static TextGenerator of(BaseModel base, Tokenizer tokenizer) {
        long rows = base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.EMBEDDING)
                .mapToLong(AttachmentPoint::in)
                .findFirst()
                .orElse(Long.MAX_VALUE);
        if (tokenizer.vocabularySize() > rows) {
            throw new IllegalArgumentException(
                    "the tokenizer has ids up to %d, but %s has embeddings for %d tokens (vocab_size); they are not of one model"
                            .formatted(tokenizer.vocabularySize() - 1, base.name(), rows));
        }
        int longest = base.architecture().maxLength();
        Set<Integer> ends = new TreeSet<>(base.endTokens());
        tokenizer.id(SpecialToken.EOS).ifPresent(ends::add);
        return new TextGenerator(
                base,
                tokenizer,
                ends,
                Math.min(longest, tokenizer.modelMaxLength().orElse(longest)));
    }

    /** Returns a loader of a folder in Hugging Face layout. */
    public static TextGeneratorLoader from(Path folder) {
        return new TextGeneratorLoader(folder);
    }

    /** Returns the same generator that trains on at most so many tokens of a text; both share everything. */
    public TextGenerator truncatingAt(int tokens) {
        if (tokens < 2 || tokens > base.architecture().maxLength()) {
            throw new IllegalArgumentException("maximum length must be in [2, %d], the positions of the model: %d"
                    .formatted(base.architecture().maxLength(), tokens));
        }
        return new TextGenerator(base, tokenizer, endTokens, tokens);
    }

    /** Returns the same generator whose texts end with any of these tokens; both share everything. */
    public TextGenerator endingWith(Set<Integer> tokens) {
        return new TextGenerator(base, tokenizer, tokens, encoder.maxLength());
    }

    /** Returns the base model. */
    public BaseModel base() {
        return base;
    }

    /** Returns the tokens that end a text; by default those of the model's files and the tokenizer's. */
    public Set<Integer> endTokens() {
        return endTokens;
    }

    /** Makes an adapter with fresh parameters; the caller closes it. */
    public Adapter adapt(PeftConfig config, long seed) {
        return Adapter.create(base, PeftMethods.tokenised(config, tokenizer::startOf), seed);
    }

    /** Loads an adapter; the caller closes it. */
    public Adapter load(Path folder) throws IOException {
        return AdapterFolder.open(folder).load(base);
    }

    /** Saves an adapter. */
    public void save(Adapter adapter, Path folder) throws IOException {
        AdapterFolder.save(adapter, base, folder);
    }

    /** Trains an adapter on texts and leaves it as it was after the epoch with the least loss on {@code dev}. */
    public Trainer.Result train(
            Adapter adapter,
            List<CompletionRow> train,
            List<CompletionRow> dev,
            TrainingOptions options,
            TrainingListener listener) {
        Trainer trainer = new Trainer(base, adapter, options, tokenizer.padId()).listener(listener);
        if (!dev.isEmpty()) {
            List<Example> held = room(Selection.of(adapter)).examples(dev);
            trainer.keepBest(candidate -> -loss(Selection.of(candidate), held).nats());
        }
        return trainer.train(room(Selection.of(adapter)).examples(train));
    }

    /** Returns how well adapters, or the base model alone, predict texts. */
    public MeanLoss evaluate(Selection selection, List<CompletionRow> rows) {
        return loss(selection, room(selection).examples(rows));
    }

    /** Returns what makes examples as long as virtual tokens leave positions for. */
    private CompletionEncoder room(Selection selection) {
        int room = base.architecture().maxLength() - selection.positions();
        return room < encoder.maxLength() ? new CompletionEncoder(tokenizer, room) : encoder;
    }

    private MeanLoss loss(Selection selection, List<Example> examples) {
        return MeanLoss.of(base, selection, new BatchSampler(BATCH, tokenizer.padId()), examples);
    }

    /** Returns the continuation of one prompt. */
    public String generate(Selection selection, String prompt, GenerationOptions options) {
        return generate(selection, List.of(prompt), options, TextListener.NONE)
                .get(0)
                .text();
    }

    /**
     * Continues prompts together, each as if it were alone.
     *
     * @param options of which no stop tokens mean {@link #endTokens}
     */
    public List<GeneratedText> generate(
            Selection selection, List<String> prompts, GenerationOptions options, TextListener listener) {
        GenerationOptions stopping = options.stopTokens().isEmpty() ? options.withStopTokens(endTokens) : options;
        List<int[]> ids = prompts.stream().map(encoder::prompt).toList();
        List<int[]> added = generator.generate(selection, ids, stopping, new TextStream(tokenizer, ids, listener));
        List<GeneratedText> texts = new ArrayList<>();
        for (int row = 0; row < added.size(); row++) {
            int[] written = IntStream.of(added.get(row))
                    .filter(id -> !stopping.stopTokens().contains(id))
                    .toArray();
            texts.add(new GeneratedText(prompts.get(row), continuation(ids.get(row), written), added.get(row).length));
        }
        return texts;
    }

    /** Returns what is new in the text of both: tokens alone would lose the space before the first of them. */
    private String continuation(int[] prompt, int[] added) {
        String before = tokenizer.decode(prompt, true);
        String all = tokenizer.decode(
                IntStream.concat(IntStream.of(prompt), IntStream.of(added)).toArray(), true);
        return all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(added, true);
    }

    /** Closes the base model and the tokenizer. */
    @Override
    public void close() {
        base.close();
        tokenizer.close();
    }
}
