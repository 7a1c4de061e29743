package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.WeightStorage;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
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

    @Option(
            names = "--stored",
            converter = StoredType.class,
            description = "float32, bfloat16 or float16: the type of a shape's file; --dtype unless given")
    private @Nullable DType stored;

    @Option(
            names = "--weights",
            defaultValue = "converted",
            description = "converted, kept if stored as another type, or packed")
    private String weights = "";

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
        return Workload.load(folder(), dtype, storage(), seed);
    }

    /** Returns the folder of the model, made if there is only a shape. */
    Path folder() throws IOException {
        return Workload.folder(model, stored == null ? dtype : stored, seed);
    }

    WeightStorage storage() {
        return WeightStorage.valueOf(weights.toUpperCase(Locale.ROOT));
    }

    DType dtype() {
        return dtype;
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
        report.addProperty("stored", (stored == null ? dtype : stored).name().toLowerCase(Locale.ROOT));
        report.addProperty("weights", weights);
        return report;
    }
}
