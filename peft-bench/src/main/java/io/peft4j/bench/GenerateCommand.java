package io.peft4j.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.Selection;
import io.peft4j.generate.GenerationOptions;
import io.peft4j.generate.Generator;
import io.peft4j.generate.TokenListener;
import io.peft4j.model.BaseModel;
import io.peft4j.program.ProcessMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times greedy generation and prints one JSON line: the counterpart of {@code reference/hf_generate.py}. */
@Command(name = "generate", mixinStandardHelpOptions = true, description = "Times greedy generation.")
final class GenerateCommand implements Callable<Integer> {

    private static final int SHOWN = 8;

    @Mixin
    private WorkloadOptions workload = new WorkloadOptions("smollm2-135m");

    @Option(names = "--method", defaultValue = "none", description = "none, or the method of an adapter in use")
    private String method = "";

    @Option(names = "--batch", defaultValue = "1", converter = Positive.class)
    private int batch;

    @Option(names = "--prompt", defaultValue = "32", description = "tokens of each prompt")
    private int prompt;

    @Option(names = "--new-tokens", defaultValue = "64", description = "tokens to add to each")
    private int newTokens;

    @Option(names = "--rounds", defaultValue = "5", converter = Positive.class)
    private int rounds;

    @Option(names = "--warmup", defaultValue = "2")
    private int warmup;

    @Override
    public Integer call() throws IOException {
        Methods.check(method, "none");
        try (BaseModel base = workload.load()) {
            if (method.equals("none")) {
                System.out.println(report(base, Selection.none()));
                return 0;
            }
            try (Adapter adapter = workload.adapter(base, method)) {
                System.out.println(report(base, Selection.of(adapter)));
            }
        }
        return 0;
    }

    private JsonObject report(BaseModel base, Selection selection) {
        Generator generator = new Generator(base, 0);
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(newTokens).build();
        List<int[]> prompts = prompts(base.config().get("vocab_size").getAsInt());
        List<Double> rates = new ArrayList<>();
        List<int[]> added = List.of();
        for (int i = 0; i < warmup + rounds; i++) {
            long start = System.nanoTime();
            added = generator.generate(selection, prompts, options, TokenListener.NONE);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (i >= warmup) {
                rates.add((double) batch * newTokens / seconds);
            }
        }
        Collections.sort(rates);
        JsonObject report = workload.report(method);
        report.addProperty("batch", batch);
        report.addProperty("prompt", prompt);
        report.addProperty("new_tokens", newTokens);
        report.addProperty("tokens_per_s", (rates.get((rates.size() - 1) / 2) + rates.get(rates.size() / 2)) / 2);
        report.addProperty("best_tokens_per_s", rates.get(rates.size() - 1));
        report.addProperty("peak_rss_mb", ProcessMemory.peak() >> 20);
        JsonArray first = new JsonArray();
        Arrays.stream(added.get(0)).limit(SHOWN).forEach(first::add);
        report.add("first_tokens", first);
        return report;
    }

    /** Returns prompts that do not repeat themselves: token 10 + (31·row + 7·i + seed) mod (V − 10) at place i. */
    private List<int[]> prompts(int vocabulary) {
        List<int[]> prompts = new ArrayList<>();
        for (int row = 0; row < batch; row++) {
            int[] ids = new int[prompt];
            for (int i = 0; i < prompt; i++) {
                ids[i] = 10 + (int) ((31L * row + 7L * i + workload.seed()) % (vocabulary - 10));
            }
            prompts.add(ids);
        }
        return prompts;
    }
}
