package io.peft4j.bench;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * Does it cost anything that each request takes another adapter, and how many there are?
 *
 * <p>{@code java -jar peft-bench/target/peft-bench.jar SwitchBenchmark}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SwitchBenchmark {

    private static final int RANK = 8;
    private static final int TOKENS = 32;

    /** How many adapters there are. */
    @Param({"1", "100"})
    public int adapters;

    private BaseModel base;
    private List<Adapter> loaded;
    private Inference inference;
    private List<Example> request;
    private int next;

    /** Loads the model and makes the adapters. */
    @Setup
    public void open() {
        base = Workload.model("minilm", DType.FLOAT32);
        loaded = IntStream.range(0, adapters)
                .mapToObj(seed -> Adapter.create(base, Methods.config("lora", RANK), seed))
                .toList();
        inference = new Inference(base, new BatchSampler(1, 0));
        request = Workload.examples(base, 1, TOKENS);
    }

    /** One row with the next adapter. */
    @Benchmark
    public float[][] request() {
        Adapter adapter = loaded.get(next++ % adapters);
        return inference.rows(Selection.of(adapter), request, "logits");
    }

    /** Closes everything. */
    @TearDown
    public void close() {
        loaded.forEach(Adapter::close);
        base.close();
    }
}
