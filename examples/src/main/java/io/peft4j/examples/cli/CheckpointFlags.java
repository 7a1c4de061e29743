package io.peft4j.examples.cli;

import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Whether training can go on after an interruption, and whether it does. */
final class CheckpointFlags {

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            defaultValue = "0",
            converter = Count.class,
            description = "Keep the state of training in --out every N updates and after each epoch. Default: no")
    private int every;

    @Option(
            names = "--resume",
            description = "Go on from the state in --out, with the same data and options, and keep it each epoch.")
    private boolean resume;

    /** Returns the options of training with those that are given here. */
    TrainingOptions with(TrainingOptions options, Path out) {
        return every == 0 && !resume ? options : options.checkpoint(new TrainingOptions.Checkpoint(out, every, resume));
    }

    /** Removes the state of training that is over. */
    static void remove(Path out) throws IOException {
        Files.deleteIfExists(out.resolve(TrainingOptions.Checkpoint.FILE));
    }
}
