package io.peft4j.bench;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long until a model, or one adapter more, is ready for use?
 *
 * <p>{@code java -jar peft-bench/target/peft-bench.jar LoadBenchmark}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LoadBenchmark {

    private static final int RANK = 8;

    /** The shape of the base model. */
    @Param({"minilm", "bert-base"})
    public String model = "";

    private Path checkpoint;
    private Path folder;
    private BaseModel base;

    /** Writes a checkpoint and an adapter. */
    @Setup
    public void write() throws IOException {
        checkpoint = RandomCheckpoint.of(model, DType.FLOAT32, 1);
        base = Workload.model(model, DType.FLOAT32);
        folder = Files.createTempDirectory("adapter");
        try (Adapter adapter = Adapter.create(base, Methods.config("lora", RANK), 1)) {
            AdapterFolder.save(adapter, base, folder);
        }
    }

    /** From a folder to a model. */
    @Benchmark
    public String loadModel() throws IOException {
        try (BaseModel loaded = BaseModel.from(checkpoint).load()) {
            return loaded.name();
        }
    }

    /** From a folder to an adapter of a model that is there. */
    @Benchmark
    public long loadAdapter() throws IOException {
        try (Adapter loaded = AdapterFolder.open(folder).load(base)) {
            return loaded.trainable().size();
        }
    }

    /** Closes the model and removes the adapter. */
    @TearDown
    public void close() throws IOException {
        base.close();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
