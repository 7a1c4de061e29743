package io.peft4j.testkit;

import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The table of models, tasks and methods for which there are golden cases.
 *
 * <p>Its {@code main} writes {@code docs/results/matrix.md} or whatever file it is given.
 */
public final class CaseTable {

    private static final String FULL = "full";
    private static final String ALONE = "none";
    private static final String OPENING =
            """
            # Models, tasks and methods

            How many golden cases there are: numbers that Hugging Face PEFT, AdapterHub, transformers or sentence-transformers
            computed and that the tests of the models and methods compare with. `none` is the model alone, `full` is all weights
            training. Written by `io.peft4j.testkit.CaseTable` from the resources of the test kit.

            """;

    /** The cases of a model class by method. */
    private final SortedMap<String, SortedMap<String, SortedSet<String>>> cases = new TreeMap<>();

    /** Collects the cases under a folder such as that of {@link Goldens}. */
    public static CaseTable of(Path root) throws IOException {
        CaseTable table = new CaseTable();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path config : (Iterable<Path>) files.filter(file -> file.endsWith("base/config.json"))::iterator) {
                table.addModel(root, config);
            }
        }
        return table;
    }

    private void addModel(Path root, Path config) throws IOException {
        Path model = config.resolveSibling("..").normalize();
        String name =
                PythonJson.read(config).getAsJsonArray("architectures").get(0).getAsString();
        if (Files.exists(model.resolve("base_io.safetensors"))) {
            add(name, ALONE, root.relativize(model));
        }
        if (Files.exists(model.resolve("io.safetensors"))) {
            add(name, FULL, root.relativize(model));
        }
        try (Stream<Path> folders = Files.list(model)) {
            for (Path folder : (Iterable<Path>) folders.sorted()::iterator) {
                Path adapter = folder.resolve("adapter_config.json");
                if (Files.exists(adapter)) {
                    add(name, method(PythonJson.read(adapter)), root.relativize(folder));
                }
            }
        }
    }

    private void add(String model, String method, Path folder) {
        cases.computeIfAbsent(model, key -> new TreeMap<>())
                .computeIfAbsent(method, key -> new TreeSet<>())
                .add(folder.toString().replace('\\', '/'));
    }

    /** Returns PEFT's {@code peft_type}, or the architecture that AdapterHub's settings name. */
    private static String method(JsonObject settings) {
        if (settings.has("peft_type")) {
            return settings.get("peft_type").getAsString().toLowerCase(java.util.Locale.ROOT);
        }
        JsonObject config = settings.getAsJsonObject("config");
        return config != null
                        && config.has("architecture")
                        && config.get("architecture").isJsonPrimitive()
                ? config.get("architecture").getAsString()
                : "bottleneck";
    }

    /** Returns the table in Markdown: how many cases there are, and after it which. */
    public String markdown() {
        SortedSet<String> methods = new TreeSet<>();
        cases.values().forEach(byMethod -> methods.addAll(byMethod.keySet()));
        StringBuilder text = new StringBuilder();
        row(text, "model and task", List.copyOf(methods));
        row(text, "---", Collections.nCopies(methods.size(), "---"));
        cases.forEach((model, byMethod) -> {
            List<String> cells = new ArrayList<>();
            for (String method : methods) {
                int count = byMethod.getOrDefault(method, new TreeSet<>()).size();
                cells.add(count == 0 ? "" : Integer.toString(count));
            }
            row(text, model, cells);
        });
        cases.forEach((model, byMethod) -> {
            text.append("\n**").append(model).append("**\n");
            byMethod.forEach((method, folders) -> text.append("- ")
                    .append(method)
                    .append(": ")
                    .append(String.join(", ", folders))
                    .append('\n'));
        });
        return text.toString();
    }

    /** Returns the page {@code docs/results/matrix.md} as it has to be. */
    static String page() throws IOException {
        return OPENING + of(Goldens.folder("")).markdown();
    }

    private static void row(StringBuilder text, String first, List<String> cells) {
        text.append("| ").append(first);
        cells.forEach(cell -> text.append(" | ").append(cell));
        text.append(" |\n");
    }

    /**
     * Writes the table.
     *
     * @param arguments the file, {@code docs/results/matrix.md} without any
     */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments.length > 0 ? arguments[0] : "docs/results/matrix.md");
        AtomicFile.write(file, page());
    }
}
