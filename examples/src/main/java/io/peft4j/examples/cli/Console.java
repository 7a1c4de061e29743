package io.peft4j.examples.cli;

import io.peft4j.model.MemoryPlan;
import io.peft4j.train.TrainingListener;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how training goes, on stderr: a bar on a terminal, some plain lines elsewhere. */
@SuppressWarnings(
        "SystemConsoleNull") // Java 22 and later always have a console; there a bar is merely drawn into a file.
final class Console implements TrainingListener, AutoCloseable {

    private static final int LINES = 10;

    private final String name;
    private final boolean terminal = System.console() != null;
    private ProgressBar bar = new ProgressBarBuilder()
            .setInitialMax(0)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new Nowhere())
            .build();
    private boolean started;

    Console(String name) {
        this.name = name;
    }

    @Override
    public void onPlan(MemoryPlan plan, long peak) {
        System.err.printf(
                Locale.ROOT,
                "%s: this run will peak at about %,d MB, %,d MB of it activations%n",
                name,
                peak / 1_000_000,
                plan.activations() / 1_000_000);
    }

    @Override
    public void onStep(Progress progress) {
        if (terminal) {
            if (!started) {
                bar.close();
                bar = new ProgressBarBuilder()
                        .setTaskName(name)
                        .setInitialMax(progress.steps())
                        .setStyle(ProgressBarStyle.ASCII)
                        .build();
                started = true;
            }
            bar.step();
            bar.setExtraMessage(
                    String.format(Locale.ROOT, " loss %.4f %.0f/s", progress.loss(), progress.examplesPerSecond()));
        } else if (progress.step() % Math.max(1, progress.steps() / LINES) == 0
                || progress.step() == progress.steps()) {
            System.err.printf(
                    Locale.ROOT,
                    "%s: step %d/%d  loss %.4f  %.0f examples/s  %.0f s left%n",
                    name,
                    progress.step(),
                    progress.steps(),
                    progress.loss(),
                    progress.examplesPerSecond(),
                    progress.secondsLeft());
        }
    }

    @Override
    public void onEpoch(int epoch, double score) {
        if (!Double.isNaN(score)) {
            System.err.printf(Locale.ROOT, "%n%s: epoch %d  score %.4f%n", name, epoch, score);
        }
    }

    @Override
    public void close() {
        bar.close();
    }

    /** Takes the output of a bar that is never shown. */
    private static final class Nowhere implements me.tongfei.progressbar.ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return 0;
        }

        @Override
        public void accept(String text) {}

        @Override
        public void close() {}
    }
}
