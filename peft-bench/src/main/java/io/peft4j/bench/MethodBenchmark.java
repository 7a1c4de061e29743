package io.peft4j.bench;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.train.Batch;
import io.peft4j.train.BatchSampler;
import io.peft4j.train.Example;
import io.peft4j.train.Inference;
import io.peft4j.train.TrainingStep;
import java.util.List;
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
 * What do the methods cost: a training step of 32 rows of 64 tokens, and a request of one row of 32?
 *
 * <p>{@code java -jar peft-bench/target/peft-bench.jar MethodBenchmark}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MethodBenchmark {

    private static final int RANK = 8;
    private static final int ROWS = 32;
    private static final int STEP_TOKENS = 64;
    private static final int REQUEST_TOKENS = 32;

    /** The shape of the base model. */
    @Param("minilm")
    public String model = "";

    /** The method. */
    @Param({"full", "linear-probe", "lora", "lora_all"})
    public String method = "";

    /** The type to compute in. */
    @Param({"FLOAT32", "BFLOAT16"})
    public DType dtype = DType.FLOAT32;

    private BaseModel base;
    private Adapter adapter;
    private TrainingStep step;
    private Inference inference;
    private List<Batch> batches;
    private List<Example> request;
    private long seed;

    /** Loads the model and makes a fresh adapter. */
    @Setup
    public void open() {
        base = Workload.model(model, dtype);
        adapter = Adapter.create(base, Methods.config(method, RANK), 1);
        step = new TrainingStep(base, adapter, 0.01, 1);
        inference = new Inference(base, new BatchSampler(1, 0));
        batches = List.of(Workload.batch(base, ROWS, STEP_TOKENS));
        request = Workload.examples(base, 1, REQUEST_TOKENS);
    }

    /** Forward, backward and update. */
    @Benchmark
    public double trainingStep() {
        double loss = step.accumulate(batches, seed++);
        step.update(1e-4);
        return loss;
    }

    /** One row with the adapter. */
    @Benchmark
    public float[][] request() {
        return inference.rows(Selection.of(adapter), request, "logits");
    }

    /** One row with the base model alone. */
    @Benchmark
    public float[][] requestOfBase() {
        return inference.rows(Selection.none(), request, "logits");
    }

    /** Closes everything. */
    @TearDown
    public void close() {
        step.close();
        adapter.close();
        base.close();
    }
}
