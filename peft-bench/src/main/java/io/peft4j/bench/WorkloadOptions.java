package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import java.io.IOException;
import java.util.Locale;
import picocli.CommandLine.Option;

/** What is timed, whatever is done with it: a model, a type, an adapter. */
final class WorkloadOptions {

    @Option(names = "--model", description = "a shape, or a folder")
    private String model;

    @Option(names = "--rank", defaultValue = "8", converter = Positive.class)
    private int rank;

    @Option(
            names = "--dtype",
            defaultValue = "float32",
            converter = Precision.class,
            description = "float32 or bfloat16")
    private DType dtype = DType.FLOAT32;

    @Option(names = "--threads", defaultValue = "0")
    private int threads;

    @Option(names = "--seed", defaultValue = "1")
    private long seed;

    /** Takes a model unless another is given. */
    WorkloadOptions(String model) {
        this.model = model;
    }

    /** Loads the model, with the threads that are asked for. */
    BaseModel load() throws IOException {
        if (threads > 0) {
            System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        }
        return Workload.load(model, dtype, seed);
    }

    /** Returns a new adapter of a method. */
    Adapter adapter(BaseModel base, String method) {
        String modelType = base.config().get("model_type").getAsString();
        return Adapter.create(base, Methods.config(method, rank, modelType), seed);
    }

    long seed() {
        return seed;
    }

    /** Returns a report that begins with what was timed. */
    JsonObject report(String method) {
        JsonObject report = new JsonObject();
        report.addProperty("system", "peft4j");
        report.addProperty("model", model);
        report.addProperty("method", method);
        report.addProperty("rank", rank);
        report.addProperty("dtype", dtype.name().toLowerCase(Locale.ROOT));
        return report;
    }
}
