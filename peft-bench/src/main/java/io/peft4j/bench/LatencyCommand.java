package io.peft4j.bench;

import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.train.AddedLatency;
import io.peft4j.train.Batch;
import io.peft4j.train.LatencyAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times requests with adapters and without them in turn, and prints one JSON line for each method and for their stack. */
@Command(name = "latency", mixinStandardHelpOptions = true, description = "Times what adapters add to a request.")
final class LatencyCommand implements Callable<Integer> {

    @Mixin
    private WorkloadOptions workload = new WorkloadOptions("bert-base");

    @Option(
            names = "--methods",
            split = ",",
            defaultValue = "lora,seq_bn,par_bn,prompt",
            description = "Methods, each an adapter. Default: lora,seq_bn,par_bn,prompt")
    private List<String> methods = new ArrayList<>();

    @Option(names = "--stack", description = "Also time all of them in one stack.")
    private boolean stack;

    @Option(names = "--batch", defaultValue = "1", converter = Positive.class)
    private int batch;

    @Option(names = "--seq", defaultValue = "32", converter = Positive.class)
    private int length;

    @Option(names = "--requests", defaultValue = "200", converter = Positive.class)
    private int requests;

    @Override
    public Integer call() throws IOException {
        methods.forEach(method -> Methods.check(method, ""));
        try (BaseModel base = workload.load()) {
            List<Adapter> adapters = new ArrayList<>();
            try {
                methods.forEach(method -> adapters.add(workload.adapter(base, method)));
                List<Selection> selections =
                        new ArrayList<>(adapters.stream().map(Selection::of).toList());
                List<String> names = new ArrayList<>(methods);
                if (stack) {
                    selections.add(Selection.stack(adapters.toArray(Adapter[]::new)));
                    names.add("stack(%s)".formatted(String.join(", ", methods)));
                }
                Batch request = new Batch(Workload.examples(base, batch, length, workload.seed()), 0);
                List<AddedLatency> added =
                        new LatencyAccount(base, Collections.nCopies(requests, request)).of(selections);
                for (int i = 0; i < added.size(); i++) {
                    System.out.println(report(names.get(i), added.get(i)));
                }
            } finally {
                adapters.forEach(Adapter::close);
            }
        }
        return 0;
    }

    private JsonObject report(String method, AddedLatency latency) {
        JsonObject report = workload.report(method);
        report.addProperty("batch", batch);
        report.addProperty("seq", length);
        report.addProperty("requests", requests);
        report.addProperty("base_ms", latency.base());
        report.addProperty("median_ms", latency.milliseconds());
        report.addProperty("added_ms", latency.added());
        report.addProperty("added_share", latency.share());
        return report;
    }
}
