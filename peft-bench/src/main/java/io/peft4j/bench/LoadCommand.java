package io.peft4j.bench;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.program.ProcessMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Times the loading of a model and prints one JSON line: the counterpart of {@code reference/hf_load.py}.
 *
 * <p>A small model is loaded first, so that the start of the engine is not in the time, as imports are not in the other's.
 */
@Command(name = "load", mixinStandardHelpOptions = true, description = "Times the loading of a model.")
final class LoadCommand implements Callable<Integer> {

    private static final int TOKENS = 8;

    @Mixin
    private WorkloadOptions workload = new WorkloadOptions("gpt2-medium");

    @Option(names = "--rounds", defaultValue = "7")
    private int rounds;

    @Override
    public Integer call() throws IOException {
        Path folder = workload.folder();
        Workload.model("tiny", workload.dtype()).close();
        ProcessMemory.release();
        long before = ProcessMemory.resident();
        List<Double> times = new ArrayList<>();
        long loaded = 0;
        long used = 0;
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            try (BaseModel base = workload.load()) {
                times.add((System.nanoTime() - start) / 1e6);
                if (i == 0) {
                    loaded = ProcessMemory.resident() - before;
                    forward(base);
                    used = ProcessMemory.resident() - before;
                }
            }
        }
        JsonObject report = workload.report("none");
        report.addProperty("checkpoint_mb", size(folder) >> 20);
        report.addProperty("first_ms", times.get(0));
        Collections.sort(times);
        report.addProperty("median_ms", times.get(times.size() / 2));
        report.addProperty("resident_mb", loaded >> 20);
        report.addProperty("resident_after_use_mb", used >> 20);
        System.out.println(report);
        return 0;
    }

    private static void forward(BaseModel base) {
        try (NDManager scratch = base.newManager()) {
            Selection.none()
                    .forward(base, scratch, Workload.batch(base, 1, TOKENS).inputs(scratch));
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
