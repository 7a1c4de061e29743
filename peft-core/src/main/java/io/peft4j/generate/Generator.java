package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Selection;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ChainedPass;
import io.peft4j.model.Decoding;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Writes texts token by token, with any adapters that are passed along: a decoder continues prompts, an encoder-decoder
 * answers sources.
 *
 * <p>The first call computes all tokens of the prompts or sources, each further one a single token per text: keys and
 * values of the earlier ones are kept. Safe for any number of threads.
 */
public final class Generator {

    private static final List<TaskType> TYPES = List.of(TaskType.CAUSAL_LM, TaskType.SEQ_2_SEQ_LM);

    private final BaseModel base;
    private final int padId;

    /**
     * Makes a generator.
     *
     * @param base a model that was loaded for causal or sequence-to-sequence language modelling
     * @param padId what fills shorter prompts; it is never looked at
     */
    public Generator(BaseModel base, int padId) {
        if (!TYPES.contains(base.task().type())) {
            throw new IllegalArgumentException("%s was loaded for %s, which generates no text; load it for one of %s"
                    .formatted(base.name(), base.task().type(), TYPES));
        }
        this.base = base;
        this.padId = padId;
    }

    /** Returns the new tokens of one prompt. */
    public int[] generate(Selection selection, int[] prompt, GenerationOptions options) {
        return generate(selection, List.of(prompt), options, TokenListener.NONE).get(0);
    }

    /**
     * Continues prompts, or answers sources, together; each as if it were alone.
     *
     * <p>A text ends with its first stop token, which is part of the result, or when it has all its new tokens.
     *
     * @return the new tokens of each prompt
     * @throws IllegalArgumentException if a prompt is empty or has tokens that the model does not know, or the model lacks
     *     positions for it and its new tokens
     */
    public List<int[]> generate(
            Selection selection, List<int[]> prompts, GenerationOptions options, TokenListener listener) {
        check(prompts);
        GrowingTexts texts = base.task().type() == TaskType.CAUSAL_LM
                ? new ContinuedTexts(prompts, padId)
                : new AnsweredTexts(prompts, padId, base.startToken());
        checkRoom(texts.length(), selection.positions(), options.maxNewTokens());
        base.expectTokens(options.maxNewTokens());
        try (NDManager owner = base.newManager()) {
            return new Run(selection, texts, options, listener, owner).generate();
        }
    }

    private void check(List<int[]> prompts) {
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("there is no prompt to continue");
        }
        long tokens = base.vocabularySize();
        for (int i = 0; i < prompts.size(); i++) {
            if (prompts.get(i).length == 0) {
                throw new IllegalArgumentException("prompt %d must have at least one token".formatted(i + 1));
            }
            int[] unknown = IntStream.of(prompts.get(i))
                    .filter(id -> id < 0 || id >= tokens)
                    .distinct()
                    .toArray();
            if (unknown.length > 0) {
                throw new IllegalArgumentException("prompt %d has tokens %s; those of %s are from 0 to %d"
                        .formatted(i + 1, Arrays.toString(unknown), base.name(), tokens - 1));
            }
        }
    }

    /** The last new token takes no position: nothing is computed from it. */
    private void checkRoom(long length, int learned, int maxNewTokens) {
        long room = base.architecture().positionLimit() - length - learned + 1;
        if (maxNewTokens > room) {
            throw new IllegalArgumentException(
                    "%s has %d positions; behind a prompt of %d tokens and %d learned ones there is room for %d new tokens, not for %d: shorten the prompt or ask for fewer"
                            .formatted(
                                    base.name(),
                                    base.architecture().positionLimit(),
                                    length,
                                    learned,
                                    Math.max(room, 0),
                                    maxNewTokens));
        }
    }

    /** One batch of texts that grow. */
    private final class Run {
        private final Selection selection;
        private final GrowingTexts texts;
        private final GenerationOptions options;
        private final TokenListener listener;
        private final NDManager owner;
        private final List<TokenChooser> choosers = new ArrayList<>();
        private final List<List<Integer>> added = new ArrayList<>();
        private final boolean[] ended;
        private final VirtualTokens learned;

        Run(
                Selection selection,
                GrowingTexts texts,
                GenerationOptions options,
                TokenListener listener,
                NDManager owner) {
            this.selection = selection;
            this.texts = texts;
            this.options = options;
            this.listener = listener;
            this.owner = owner;
            this.learned = selection.adaptation().virtualTokens();
            this.ended = new boolean[texts.rows()];
            for (int row = 0; row < ended.length; row++) {
                choosers.add(new TokenChooser(options.sampling(), texts.start(row), options.seed() + row));
                added.add(new ArrayList<>());
            }
        }

        List<int[]> generate() {
            Adaptation adaptation = selection.adaptation();
            int length = texts.length();
            ChainedPass first = base.decoder(adaptation, Decoding.FIRST, texts.rows(), length);
            KeyValueBuffers buffers = new KeyValueBuffers(owner, first.network(), texts.sizes());
            long[][] next = step(first, texts::first, buffers.holding(learned.rows() + length));
            ChainedPass further = base.decoder(adaptation, Decoding.NEXT, texts.rows(), 1);
            for (int n = 1; n < options.maxNewTokens() && !allEnded(); n++) {
                long[][] last = next;
                int count = n;
                next = step(
                        further,
                        scratch -> texts.next(scratch, last, count, learned),
                        buffers.holding(learned.rows() + length + n));
            }
            return added.stream()
                    .map(text -> text.stream().mapToInt(Integer::intValue).toArray())
                    .toList();
        }

        /** Computes some tokens and returns the next one of each text. */
        private long[][] step(
                ChainedPass pass, Function<NDManager, Map<String, NDArray>> tokens, Map<String, NDArray> buffers) {
            try (NDManager scratch = base.newManager()) {
                Map<String, NDArray> inputs = new LinkedHashMap<>(buffers);
                inputs.putAll(tokens.apply(scratch));
                NDArray logits = Objects.requireNonNull(pass.run(scratch, base.source(selection::parameter), inputs)
                        .get("logits"));
                int[] chosen = options.sampling().takesLargest() ? largest(logits) : choose(logits);
                long[][] next = new long[ended.length][1];
                for (int row = 0; row < next.length; row++) {
                    next[row][0] = ended[row] ? padId : append(row, chosen[row]);
                }
                return next;
            }
        }

        /** Returns the likeliest token of each text, found where the logits are, which are many. */
        private int[] largest(NDArray logits) {
            int[] largest = LongStream.of(NativeTensors.largest(logits))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            return IntStream.of(largest).allMatch(id -> id >= 0) ? largest : choose(logits);
        }

        private int[] choose(NDArray logits) {
            float[] values = NativeTensors.toFloats(logits);
            int width = values.length / ended.length;
            int[] chosen = new int[ended.length];
            for (int row = 0; row < chosen.length; row++) {
                if (!ended[row]) {
                    chosen[row] = choosers.get(row).choose(Arrays.copyOfRange(values, row * width, (row + 1) * width));
                }
            }
            return chosen;
        }

        private int append(int row, int id) {
            added.get(row).add(id);
            ended[row] = options.stopTokens().contains(id);
            listener.onToken(row, id);
            return id;
        }

        private boolean allEnded() {
            return IntStream.range(0, ended.length).allMatch(row -> ended[row]);
        }
    }
}
