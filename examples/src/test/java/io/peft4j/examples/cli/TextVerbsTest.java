package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.program.ProcessMemory;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs on texts, one after another as a user calls them, with the embedded model. */
class TextVerbsTest {

    @TempDir
    private static Path folder;

    private static CommandLineRun trained;

    @BeforeAll
    static void train() throws IOException {
        TinyTexts.write(file("rows.tsv"), TinyTexts.ROWS.size());
        String table = Files.readString(file("rows.tsv"));
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file("rows.tsv.gz")))) {
            out.write(table.getBytes(StandardCharsets.UTF_8));
        }
        trained = CommandLineRun.of(
                "finetune",
                "--train",
                file("rows.tsv.gz"),
                "--dev",
                file("rows.tsv"),
                "--method",
                "lora",
                "--rank",
                4,
                "--target-modules",
                "query,value",
                "--steps",
                24,
                "--batch-size",
                16,
                "--learning-rate",
                "5e-3",
                "--weight-decay",
                0,
                "--warmup-ratio",
                0.1,
                "--schedule",
                "cosine",
                "--clip-norm",
                1,
                "--accumulate",
                1,
                "--seed",
                3,
                "--max-length",
                32,
                "--out",
                file("adapter"),
                "--json");
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void finetune_fewRows_learnsThemAndSaves() throws IOException {
        assertThat(trained.code()).as(trained.err()).isZero();
        JsonObject result = trained.json();
        assertThat(result.get("accuracy").getAsDouble()).isGreaterThan(0.9);
        assertThat(result.getAsJsonArray("losses")).hasSize(24);
        assertThat(result.get("trainable").getAsLong()).isEqualTo(6 * 2 * 4 * (384 + 384) + 3 * 384 + 3);
        JsonObject config = JsonParser.parseString(Files.readString(file("adapter/adapter_config.json")))
                .getAsJsonObject();
        assertThat(config.get("r").getAsInt()).isEqualTo(4);
        assertThat(config.get("lora_alpha").getAsInt()).isEqualTo(8);
    }

    @Test
    void finetune_progress_goesToStderr() {
        assertThat(trained.err()).contains("trainable", "lora: step 24/24", "examples/s", "s left");
    }

    @Test
    void finetune_configFile_takesEverySettingFromIt() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--train",
                file("rows.tsv"),
                "--config",
                file("adapter/adapter_config.json"),
                "--steps",
                1,
                "--out",
                file("again"),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("trainable")).isEqualTo(trained.json().get("trainable"));
    }

    @Test
    void finetune_promptFromAText_isTokenised() throws IOException {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--train",
                file("rows.tsv"),
                "--method",
                "prompt",
                "--num-virtual-tokens",
                3,
                "--set",
                "prompt_tuning_init=TEXT",
                "--set",
                "prompt_tuning_init_text=which sense has the word",
                "--steps",
                1,
                "--out",
                file("prompted"),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Files.readString(file("prompted/adapter_config.json"))).contains("which sense has the word");
    }

    @Test
    void finetune_checkpointsOfTrainingThatEnds_areRemoved() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--train",
                file("rows.tsv"),
                "--steps",
                2,
                "--checkpoint-every",
                1,
                "--out",
                file("kept"),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(file("kept/adapter_model.safetensors")).exists();
        assertThat(file("kept/peft4j_training.safetensors")).doesNotExist();
    }

    @Test
    void evaluate_trainedAdapter_givesTheScoresOfTraining() {
        CommandLineRun run =
                CommandLineRun.of("evaluate", "--adapter", file("adapter"), "--data", file("rows.tsv.gz"), "--json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("rows").getAsInt()).isEqualTo(48);
        assertThat(run.json().get("accuracy")).isEqualTo(trained.json().get("accuracy"));
        assertThat(run.json().getAsJsonObject("per_label").keySet()).containsExactly("act", "animal", "plant");
    }

    @Test
    void predict_texts_printsALineEach() {
        CommandLineRun run = CommandLineRun.of(
                "predict", "--adapter", file("adapter"), "--text", "an animal with fur", "--text", "");

        assertThat(run.code()).as(run.err()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(2);
        JsonObject first = JsonParser.parseString(lines.get(0)).getAsJsonObject();
        assertThat(first.keySet()).containsExactly("text", "label", "score", "scores");
        assertThat(first.get("label").getAsString()).isEqualTo("animal");
    }

    @Test
    void predict_twoAdapters_stacksThem() throws IOException {
        String text = "an animal with leaves";
        Path second = Files.createDirectories(file("second"));
        for (File source : Objects.requireNonNull(file("adapter").toFile().listFiles())) {
            Files.copy(source.toPath(), second.resolve(source.getName()));
        }
        CommandLineRun one = CommandLineRun.of("predict", "--adapter", file("adapter"), "--text", text);
        CommandLineRun two =
                CommandLineRun.of("predict", "--adapter", file("adapter"), "--adapter", second, "--text", text);

        assertThat(two.code()).as(two.err()).isZero();
        assertThat(two.json().get("scores")).isNotEqualTo(one.json().get("scores"));
    }

    @Test
    void predict_noClassifier_printsVectorsOfLengthOne() {
        CommandLineRun run = CommandLineRun.of("predict", "--text", "an animal with fur");

        assertThat(run.code()).as(run.err()).isZero();
        double square = 0;
        for (var value : JsonParser.parseString(run.out()).getAsJsonObject().getAsJsonArray("vector")) {
            square += value.getAsDouble() * value.getAsDouble();
        }
        assertThat(square).isBetween(1 - 1e-5, 1 + 1e-5);
    }

    @Test
    void predict_vectorsOfCutTexts_areThoseOfTheirBeginnings() {
        CommandLineRun cut =
                CommandLineRun.of("predict", "--text", "an animal with fur", "--max-length", 4, "--batch-size", 1);
        CommandLineRun beginning = CommandLineRun.of("predict", "--text", "an animal");

        assertThat(cut.code()).as(cut.err()).isZero();
        assertThat(cut.json().get("vector")).isEqualTo(beginning.json().get("vector"));
    }

    @Test
    void merge_promptOfLearnedTokens_namesTheMethod() {
        CommandLineRun trained = CommandLineRun.of(
                "finetune", "--train", file("rows.tsv"), "--method", "prompt", "--steps", 1, "--out", file("prompt"));
        CommandLineRun run = CommandLineRun.of("merge", "--adapter", file("prompt"), "--out", file("impossible"));

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines().filter(line -> !line.startsWith("[INFO]")))
                .containsExactly("error: [PROMPT_TUNING] changes more than weights and cannot be merged");
    }

    @Test
    void merge_trainedAdapter_classifiesAloneAsWithIt() {
        CommandLineRun merged = CommandLineRun.of("merge", "--adapter", file("adapter"), "--out", file("merged"));
        CommandLineRun alone =
                CommandLineRun.of("evaluate", "--base", file("merged"), "--data", file("rows.tsv"), "--json");

        assertThat(merged.code()).as(merged.err()).isZero();
        assertThat(alone.code()).as(alone.err()).isZero();
        assertThat(alone.json().get("accuracy")).isEqualTo(trained.json().get("accuracy"));
    }

    @Test
    void inspect_adapter_tellsWhatIsInside() {
        CommandLineRun run = CommandLineRun.of("inspect", "--adapter", file("adapter"), "--base", "minilm", "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonObject object = run.json();
        assertThat(object.get("kind").getAsString()).isEqualTo("adapter");
        assertThat(object.get("method").getAsString()).isEqualTo("LORA");
        assertThat(object.get("trainable")).isEqualTo(trained.json().get("trainable"));
        assertThat(object.getAsJsonArray("tensors")).hasSize(6 * 2 * 2 + 2);
        assertThat(object.getAsJsonArray("problems")).isEmpty();
    }

    @Test
    void inspect_method_plansTheMemoryOfTraining() {
        CommandLineRun free = CommandLineRun.of("inspect", "--method", "lora", "--rank", 4, "--json");
        CommandLineRun tight =
                CommandLineRun.of("inspect", "--method", "lora", "--batch-size", 4, "--activation-budget", 32);

        assertThat(free.code()).as(free.err()).isZero();
        JsonObject plan = free.json();
        assertThat(plan.getAsJsonArray("stages").asList().stream()
                        .map(JsonElement::getAsJsonObject)
                        .filter(stage -> stage.get("module").getAsString().startsWith("bert.encoder.layer."))
                        .map(stage -> stage.get("kept_bytes").getAsLong()))
                .hasSize(6)
                .allMatch(kept -> kept > 0);
        long activations = plan.get("activation_bytes").getAsLong();
        assertThat(activations).isGreaterThan(plan.get("kept_bytes").getAsLong());
        // The process of the tests is part of the peak, whatever it holds by now.
        assertThat(plan.get("peak_bytes").getAsLong())
                .isBetween(activations + 90_000_000, activations + ProcessMemory.peak() + 500_000_000);
        assertThat(tight.code()).as(tight.err()).isZero();
        assertThat(tight.out())
                .contains("bert.encoder.layer.0")
                .contains("checkpointed")
                .contains("batches of 4 x 128 tokens: this run will peak at about");
    }

    /** The first rows have one label only, and the file has three. */
    @Test
    void finetune_limit_keepsTheLabelsOfTheWholeFile() {
        CommandLineRun run = CommandLineRun.of(
                "finetune",
                "--train",
                file("rows.tsv"),
                "--dev",
                file("rows.tsv"),
                "--limit",
                1,
                "--steps",
                1,
                "--method",
                "linear-probe",
                "--out",
                file("limited"));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("act", "animal", "plant");
    }

    @Test
    void merge_intoTheBase_leavesItAlone() throws IOException {
        CommandLineRun.of("merge", "--adapter", file("adapter"), "--out", file("base"));
        byte[] before = Files.readAllBytes(file("base/model.safetensors"));

        CommandLineRun run =
                CommandLineRun.of("merge", "--base", file("base"), "--adapter", file("adapter"), "--out", file("base"));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("would be overwritten");
        assertThat(Files.readAllBytes(file("base/model.safetensors"))).isEqualTo(before);
    }

    /** A model that read the first texts alone could not tell these rows apart. */
    @Test
    void predict_pairs_dependOnBothTexts() throws IOException {
        Files.writeString(file("pairs.tsv"), "text\ttext_b\nan animal\twith fur\nan animal\twith green leaves\n");

        CommandLineRun run = CommandLineRun.of("predict", "--adapter", file("adapter"), "--data", file("pairs.tsv"));

        assertThat(run.code()).as(run.err()).isZero();
        List<JsonObject> lines = run.out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(lines)
                .extracting(line -> line.get("text_b").getAsString())
                .containsExactly("with fur", "with green leaves");
        assertThat(lines.get(0).get("scores")).isNotEqualTo(lines.get(1).get("scores"));
    }
}
