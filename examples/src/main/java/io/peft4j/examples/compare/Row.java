package io.peft4j.examples.compare;

import io.peft4j.train.metrics.LabelScores;
import java.util.List;

/**
 * What a method took and gave.
 *
 * @param method its name
 * @param config its settings
 * @param size what it adds
 * @param quality how well it does
 * @param cost what it takes
 * @param losses of every update
 */
public record Row(String method, String config, Size size, Quality quality, Cost cost, List<Double> losses) {

    /**
     * What a method adds.
     *
     * @param trainable parameters
     * @param share of all parameters
     * @param bytes of its files
     */
    public record Size(long trainable, double share, long bytes) {}

    /**
     * How well a method does.
     *
     * @param accuracy on the development rows
     * @param macroF1 mean F1 of the labels
     * @param attainment accuracy relative to full fine-tuning; NaN if that did not take part
     * @param labels how each label was predicted
     */
    public record Quality(double accuracy, double macroF1, double attainment, List<LabelScores> labels) {
        public Quality {
            labels = List.copyOf(labels);
        }
    }

    /**
     * What a method takes.
     *
     * @param seconds of training
     * @param examplesPerSecond while training
     * @param peakMegabytes of resident memory while training
     * @param latency of one text in milliseconds
     * @param addedLatency over the base model alone
     */
    public record Cost(
            double seconds, double examplesPerSecond, long peakMegabytes, double latency, double addedLatency) {

        /** Returns the added latency as a fraction of that of the base model alone. */
        public double addedShare() {
            return addedLatency / (latency - addedLatency);
        }
    }

    public Row {
        losses = List.copyOf(losses);
    }

    /** Returns the same with the attainment that the accuracy of full fine-tuning makes it. */
    Row relativeTo(double full) {
        Quality relative =
                new Quality(quality.accuracy(), quality.macroF1(), quality.accuracy() / full, quality.labels());
        return new Row(method, config, size, relative, cost, losses);
    }

    /** Returns attainment / share: what a parameter pays back. */
    public double returnOnInvestment() {
        return quality.attainment() / size.share();
    }
}
