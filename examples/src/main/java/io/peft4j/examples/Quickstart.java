package io.peft4j.examples;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterCount;
import io.peft4j.examples.compare.Split;
import io.peft4j.examples.wordnet.WordNetGlosses;
import io.peft4j.lora.LoraConfig;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.models.text.TextClassifier;
import io.peft4j.models.text.TextRow;
import io.peft4j.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The snippet of the README: load, adapt, train, evaluate, predict, save. */
public final class Quickstart {

    private Quickstart() {}

    /** Runs it. */
    public static void main(String[] arguments) throws IOException {
        Split data = WordNetGlosses.nouns().split(2500, 500, 42);
        List<String> labels =
                data.train().stream().map(TextRow::label).distinct().sorted().toList();
        try (TextClassifier model =
                        TextClassifier.from(MiniLm.folder()).labels(labels).load();
                Adapter adapter = model.adapt(
                        LoraConfig.builder("query", "value").rank(8).alpha(16).build(), 42)) {
            System.out.println(ParameterCount.of(model.base(), adapter));
            model.train(
                    adapter,
                    data.train(),
                    data.dev(),
                    TrainingOptions.builder().epochs(3).learningRate(4e-3).build());
            System.out.println(model.evaluate(adapter, data.dev()).table(4));
            System.out.println(model.predict(adapter, "a small domesticated animal that barks"));
            model.save(adapter, Path.of("out/my-lora"));
        }
    }
}
