package io.peft4j.examples.compare;

import io.peft4j.adapter.Selection;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The time of a single request: one text after another, with and without adapters in turn. */
final class Latency {

    private static final int WARMUP = 20;

    private final Inference inference;
    private final List<Example> examples;

    Latency(TextClassifier model, List<Example> examples) {
        this.inference = new Inference(model.base(), new BatchSampler(1, 0));
        this.examples = examples;
    }

    /** Returns the median milliseconds of a request with the adapters, and of one to the base model alone. */
    double[] measure(Selection selection) {
        List<Double> with = new ArrayList<>();
        List<Double> without = new ArrayList<>();
        for (int i = 0; i < examples.size() + WARMUP; i++) {
            Example example = examples.get(i % examples.size());
            double a = milliseconds(selection, example);
            double b = milliseconds(Selection.none(), example);
            if (i >= WARMUP) {
                with.add(a);
                without.add(b);
            }
        }
        return new double[] {median(with), median(without)};
    }

    private double milliseconds(Selection selection, Example example) {
        long begin = System.nanoTime();
        inference.rows(selection, List.of(example), "logits");
        return (System.nanoTime() - begin) / 1e6;
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }
}
