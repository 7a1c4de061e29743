package io.peft4j.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Selection;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Decoding;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Continues texts token by token with a decoder and any adapters that are passed along.
 *
 * <p>The first call computes all tokens of the prompts, each further one a single token per text: keys and values of the
 * earlier ones are kept. Prompts of different lengths are padded on the left. Safe for any number of threads.
 */
public final class Generator {

    private final BaseModel base;
    private final int padId;

    /**
     * Makes a generator.
     *
     * @param base a model that was loaded for causal language modelling
     * @param padId what fills the start of shorter prompts; it is never looked at
     */
    public Generator(BaseModel base, int padId) {
        if (base.task().type() != TaskType.CAUSAL_LM) {
            throw new IllegalArgumentException("%s was loaded for %s, which generates no text; load it for %s"
                    .formatted(base.name(), base.task().type(), TaskType.CAUSAL_LM));
        }
        this.base = base;
        this.padId = padId;
    }

    /** Returns the new tokens of one prompt. */
    public int[] generate(Selection selection, int[] prompt, GenerationOptions options) {
        return generate(selection, List.of(prompt), options, TokenListener.NONE).get(0);
    }

    /**
     * Continues prompts together; each as if it were alone.
     *
     * <p>A text ends with its first stop token, which is part of the result, or when the model has no more positions.
     *
     * @return the new tokens of each prompt
     * @throws IllegalArgumentException if a prompt is empty, or longer than the model has positions
     */
    public List<int[]> generate(
            Selection selection, List<int[]> prompts, GenerationOptions options, TokenListener listener) {
        check(prompts);
        try (NDManager owner = base.newManager()) {
            return new Run(selection, prompts, options, listener, owner).generate();
        }
    }

    private void check(List<int[]> prompts) {
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("there is no prompt to continue");
        }
        int positions = base.architecture().maxLength();
        for (int i = 0; i < prompts.size(); i++) {
            int length = prompts.get(i).length;
            if (length == 0 || length >= positions) {
                throw new IllegalArgumentException(
                        "prompt %d must have at least one token, and fewer than the %d positions of %s: %d"
                                .formatted(i + 1, positions, base.name(), length));
            }
        }
    }

    /** One batch of texts that grow. */
    private final class Run {
        private final Selection selection;
        private final List<int[]> prompts;
        private final GenerationOptions options;
        private final TokenListener listener;
        private final NDManager owner;
        private final List<TokenChooser> choosers = new ArrayList<>();
        private final List<List<Integer>> texts = new ArrayList<>();
        private final boolean[] ended;
        private final int length;
        private final VirtualTokens learned;

        Run(
                Selection selection,
                List<int[]> prompts,
                GenerationOptions options,
                TokenListener listener,
                NDManager owner) {
            this.selection = selection;
            this.prompts = prompts;
            this.options = options;
            this.listener = listener;
            this.owner = owner;
            this.ended = new boolean[prompts.size()];
            this.learned = selection.adaptation().virtualTokens();
            this.length =
                    prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
            for (int row = 0; row < prompts.size(); row++) {
                choosers.add(new TokenChooser(options.sampling(), prompts.get(row), options.seed() + row));
                texts.add(new ArrayList<>());
            }
        }

        List<int[]> generate() {
            Adaptation adaptation = selection.adaptation();
            int limit =
                    Math.min(options.maxNewTokens(), base.architecture().maxLength() - learned.positions() - length);
            ForwardPass first = base.decoder(adaptation, Decoding.FIRST, length);
            KeyValueBuffers buffers = new KeyValueBuffers(owner, first.network(), Map.of("B", (long) prompts.size()));
            long[][] next = step(first, prompts(), shown(0), buffers.holding(learned.rows() + length));
            ForwardPass further = base.decoder(adaptation, Decoding.NEXT, 1);
            for (int n = 1; n < limit && !allEnded(); n++) {
                next = step(further, next, withLearned(shown(n)), buffers.holding(learned.rows() + length + n));
            }
            return texts.stream()
                    .map(text -> text.stream().mapToInt(Integer::intValue).toArray())
                    .toList();
        }

        private long[][] prompts() {
            long[][] ids = new long[prompts.size()][length];
            for (int row = 0; row < ids.length; row++) {
                int[] prompt = prompts.get(row);
                int start = length - prompt.length;
                for (int i = 0; i < length; i++) {
                    ids[row][i] = i < start ? padId : prompt[i - start];
                }
            }
            return ids;
        }

        /** Returns which of the tokens are no padding, when so many are new. */
        private long[][] shown(int added) {
            long[][] shown = new long[prompts.size()][length + added];
            for (int row = 0; row < shown.length; row++) {
                Arrays.fill(shown[row], length - prompts.get(row).length, length + added, 1);
            }
            return shown;
        }

        /** Returns the same with the learned tokens, which stand among the tokens from the first call on. */
        private long[][] withLearned(long[][] shown) {
            int start = learned.placement() == VirtualTokens.Placement.FIRST ? 0 : 1;
            long[][] all = new long[shown.length][];
            for (int row = 0; row < all.length; row++) {
                all[row] = Arrays.copyOf(shown[row], shown[row].length + learned.rows());
                System.arraycopy(shown[row], start, all[row], start + learned.rows(), shown[row].length - start);
                Arrays.fill(all[row], start, start + learned.rows(), 1);
            }
            return all;
        }

        /** Computes some tokens and returns the next one of each text. */
        private long[][] step(ForwardPass pass, long[][] ids, long[][] shown, Map<String, NDArray> buffers) {
            try (NDManager scratch = base.newManager()) {
                Map<String, NDArray> inputs = new LinkedHashMap<>(buffers);
                inputs.put("input_ids", matrix(scratch, ids));
                inputs.put("attention_mask", matrix(scratch, shown));
                NDArray logits = Objects.requireNonNull(pass.run(scratch, base.source(selection::parameter), inputs)
                        .get("logits"));
                float[] values = NativeTensors.toFloats(logits);
                int width = values.length / ids.length;
                long[][] next = new long[ids.length][1];
                for (int row = 0; row < next.length; row++) {
                    next[row][0] = ended[row]
                            ? padId
                            : append(row, Arrays.copyOfRange(values, row * width, (row + 1) * width));
                }
                return next;
            }
        }

        private int append(int row, float[] logits) {
            int id = choosers.get(row).choose(logits);
            texts.get(row).add(id);
            ended[row] = options.stopTokens().contains(id);
            listener.onToken(row, id);
            return id;
        }

        private boolean allEnded() {
            return IntStream.range(0, ended.length).allMatch(row -> ended[row]);
        }
    }

    private static NDArray matrix(NDManager owner, long[][] rows) {
        long[] values = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
        return owner.create(values, new Shape(rows.length, rows[0].length));
    }
}
