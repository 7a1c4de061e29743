package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** The numbers that need no training: logits of one adapter or of several, and of the merged model. */
final class ParityForward {

    /** How many tokens cases generate at most. */
    private static final int NEW_TOKENS = 8;

    private static final String OF_ADAPTER = "logits.";
    private static final String SUFFIX = "_logits";
    private static final String MIXED = "mixed_logits";
    private static final String BASE = "base";
    private static final String MERGED = "logits_merged";
    private static final String NORM = "merged_delta_norm.";

    private final BaseModel base;
    private final Map<String, Adapter> adapters;
    private final ParityCase parity;
    private final ParityNumbers numbers;
    private final NDManager manager;

    ParityForward(
            BaseModel base,
            Map<String, Adapter> adapters,
            ParityCase parity,
            ParityNumbers numbers,
            NDManager manager) {
        this.base = base;
        this.adapters = adapters;
        this.parity = parity;
        this.numbers = numbers;
        this.manager = manager;
    }

    /** Computes what the case asks for of one adapter, or of the base model alone. */
    void compute(Selection selection) {
        if (parity.has("logits")) {
            numbers.put("logits", logits(base, selection));
        }
        if (parity.has("generated") && parity.has(Batch.TASKS)) {
            numbers.missing("generated", "texts are generated with the prompt of one task only");
        } else if (parity.has("generated")) {
            numbers.put("generated", generated(selection));
        }
        List<String> norms = parity.expected(NORM);
        if (parity.has(MERGED) || !norms.isEmpty()) {
            merge(selection, norms);
        }
        if (parity.has("logits_sdpa")) {
            sdpa();
        }
    }

    /** Computes what the case asks for of several adapters. */
    void computeNamed() {
        for (String name : parity.expected(OF_ADAPTER)) {
            compute(OF_ADAPTER + name, name);
        }
        for (String quantity : parity.expected()) {
            if (quantity.equals(MIXED)) {
                mix();
            } else if (quantity.endsWith(SUFFIX)) {
                compute(quantity, quantity.substring(0, quantity.length() - SUFFIX.length()));
            }
        }
    }

    /** Computes one batch whose rows go through the adapters in their order, the last through the base model alone. */
    private void mix() {
        long rows = parity.get("input_ids").getShape().get(0);
        List<Selection> choice = new ArrayList<>();
        for (Adapter adapter : adapters.values()) {
            if (choice.size() < rows - 1) {
                choice.add(Selection.of(adapter));
            }
        }
        choice.add(Selection.none());
        if (choice.size() < rows) {
            numbers.missing(MIXED, "needs %d adapters: %s".formatted(rows - 1, adapters.keySet()));
        } else {
            numbers.put(MIXED, logits(base, Selection.perRow(choice)));
        }
    }

    /** Computes the logits of the adapter of some name, or of the base model alone. */
    private void compute(String quantity, String name) {
        Adapter adapter = adapters.get(name);
        if (adapter != null) {
            numbers.put(quantity, logits(base, Selection.of(adapter)));
        } else if (name.equals(BASE)) {
            numbers.put(quantity, logits(base, Selection.none()));
        } else {
            numbers.missing(
                    quantity, "no adapter is called %s, only %s; give its folder".formatted(name, adapters.keySet()));
        }
    }

    /**
     * In the "sdpa" mode of AdapterHub, decoders hide prefixes behind the causal mask and prompts attend to padding. Here
     * as in its "eager" mode neither happens, and that is what {@code logits} are.
     */
    private void sdpa() {
        numbers.doesNotApply("logits_sdpa", "attention here follows AdapterHub's \"eager\" mode, as logits do");
    }

    private void merge(Selection selection, List<String> norms) {
        Map<String, NDArray> changed = mergedAsTied(selection);
        for (String weight : norms) {
            String stored =
                    changed.containsKey(weight) ? weight : base.weights().ties().getOrDefault(weight, weight);
            NDArray after = changed.get(stored);
            if (after == null) {
                numbers.missing(NORM + weight, "merging changes only " + changed.keySet());
            } else {
                NDArray before = NativeTensors.cast(manager, base.weights().get(weight), DType.FLOAT32);
                NDArray delta =
                        NativeTensors.cast(manager, after, DType.FLOAT32).sub(before);
                numbers.put(NORM + weight, delta.square().sum().sqrt().reshape(1));
            }
        }
        try (BaseModel merged = base.with(changed)) {
            numbers.put(MERGED, logits(merged, Selection.none()));
        }
    }

    /**
     * Returns what merging changes, but as PEFT merges into weights that are tied: an update of one changes the other, and
     * with it what the model computes. Trained copies are weights of their own there too.
     */
    private Map<String, NDArray> mergedAsTied(Selection selection) {
        Map<String, NDArray> changed = base.merged(manager, selection.adaptation(), selection::parameter);
        base.weights().ties().forEach((name, stored) -> {
            NDArray after = changed.get(name);
            boolean left = after != null
                    && after.getUid().equals(base.weights().get(stored).getUid());
            if (left && !isCopied(stored)) {
                changed.remove(name);
            }
        });
        return changed;
    }

    private boolean isCopied(String weight) {
        return adapters.values().stream()
                .anyMatch(adapter -> adapter.trainable().names().contains(weight));
    }

    /** Returns what follows a prompt greedily, and before it the prompt, or the start token of an encoder-decoder. */
    private NDArray generated(Selection selection) {
        int[] prompt = Arrays.stream(parity.get("generate_prompt").toLongArray())
                .mapToInt(Math::toIntExact)
                .toArray();
        GenerationOptions options = GenerationOptions.builder()
                .maxNewTokens(NEW_TOKENS)
                .stopTokens(base.endTokens())
                .build();
        int[] added = new Generator(base, 0).generate(selection, prompt, options);
        int[] start = base.task().type() == TaskType.CAUSAL_LM ? prompt : new int[] {base.startToken()};
        long[] all = IntStream.concat(Arrays.stream(start), Arrays.stream(added))
                .asLongStream()
                .toArray();
        return manager.create(all, new Shape(1, all.length));
    }

    NDArray logits(BaseModel model, Selection selection) {
        NDArray logits = selection.forward(model, manager, parity.inputs()).get("logits");
        return Objects.requireNonNull(logits, "the model has no logits");
    }
}
