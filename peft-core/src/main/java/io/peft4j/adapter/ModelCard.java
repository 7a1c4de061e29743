package io.peft4j.adapter;

import io.peft4j.io.AtomicFile;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The {@code README.md} of a saved adapter, with the fields that model hubs read. */
final class ModelCard {

    private static final String FILE = "README.md";

    private ModelCard() {}

    /** Writes the card; one that is there stays, since people write into it. */
    static void write(Adapter adapter, BaseModel base, Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            AtomicFile.write(file, text(adapter, base));
        }
    }

    private static String text(Adapter adapter, BaseModel base) {
        String method = adapter.config().peftType().toLowerCase(Locale.ROOT);
        String tags = Stream.of("base_model:adapter:" + adapter.origin().baseModel(), method, "transformers")
                .sorted()
                .map(tag -> "- " + yaml(tag))
                .collect(Collectors.joining("\n"));
        String pipeline = adapter.task().type() == TaskType.CAUSAL_LM ? "pipeline_tag: text-generation\n" : "";
        List<String> labels = adapter.task().labels();
        return """
                ---
                base_model: %s
                library_name: peft
                %stags:
                %s
                ---

                # Adapter

                Method `%s` on `%s`: %s%s

                ### Framework versions

                - PEFT %s"""
                .formatted(
                        yaml(adapter.origin().baseModel()),
                        pipeline,
                        tags,
                        adapter.config().peftType(),
                        adapter.origin().baseModel(),
                        ParameterCount.of(base, adapter),
                        labels.isEmpty() ? "" : "\n\nLabels: " + String.join(", ", labels),
                        PeftFolder.PEFT_VERSION);
    }

    /** Returns a text as YAML writes it: in quotes where it has characters with a meaning of their own. */
    private static String yaml(String text) {
        return text.matches("[\\w./-][\\w./:@+-]*") && !text.endsWith(":")
                ? text
                : "'" + text.replace("'", "''").replace("\n", " ") + "'";
    }
}
