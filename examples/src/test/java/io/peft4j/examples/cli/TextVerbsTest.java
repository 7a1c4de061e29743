package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.peft4j.adapter.Provenance;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verbs on texts, one after another as a user calls them, with the embedded model. */
class TextVerbsTest {

    private static final List<String> ROWS = IntStream.range(0, 16)
            .boxed()
            .flatMap(i -> List.of(
                    "an animal with fur, number " + i + "\tanimal",
                    "a green plant with leaves, number " + i + "\tplant",
                    "to run away fast, number " + i + "\tact")
                    .stream())
            .toList();

    @TempDir
    private static Path folder;

    private static CommandLineRun trained;

    @BeforeAll
    static void train() throws IOException {
        String table = "text\tlabel\n" + String.join("\n", ROWS) + "\n";
        Files.writeString(file("rows.tsv"), table);
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
    void predict_twoAdapters_stacksThem() {
        String text = "an animal with leaves";
        CommandLineRun one = CommandLineRun.of("predict", "--adapter", file("adapter"), "--text", text);
        CommandLineRun two = CommandLineRun.of(
                "predict", "--adapter", file("adapter"), "--adapter", file("adapter"), "--text", text);

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
        assertThat(plan.get("peak_bytes").getAsLong()).isBetween(activations + 90_000_000, activations + 2_000_000_000);
        assertThat(tight.code()).as(tight.err()).isZero();
        assertThat(tight.out())
                .contains("bert.encoder.layer.0")
                .contains("checkpointed")
                .contains("batches of 4 x 128 tokens: this run will peak at about");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 | Unknown option | predict --texts x",
                "2 | nothing to predict | predict",
                "2 | --method must be one of | finetune --train ROWS --out OUT --method lorra",
                "2 | says nothing to [full] | finetune --train ROWS --out OUT --method full --rank 4",
                "2 | --task must be | finetune --train ROWS --out OUT --task poetry",
                "2 | Missing required option | finetune --out OUT",
                "2 | must be at least 0: -3 | predict --text x --threads -3",
                "2 | must be at least 0: -4 | finetune --train ROWS --out OUT --limit -4",
                "2 | must be at least 0: -1 | predict --text x --max-length -1",
                "2 | must be at least 1: 0 | predict --text x --batch-size 0",
                "2 | --epochs must be at least 1: 0 | finetune --train absent --out OUT --epochs 0 --learning-rate -1",
                "2 | --learning-rate must be positive: -1.0 | finetune --train absent --out OUT --epochs 0 --learning-rate -1",
                "2 | --activation-budget must be in [1, | compare --out OUT --activation-budget -5",
                "2 | MB: -5 | compare --out OUT --activation-budget -5",
                "2 | says which method it is | compare --config ADAPTER/adapter_config.json --methods lora,full",
                "2 | says which method it is | finetune --train ROWS --out OUT --config ADAPTER/adapter_config.json --method lora",
                "2 | compared once: [lora, lora] | compare --out OUT --methods lora,lora",
                "2 | empty name | finetune --train ROWS --out OUT --target-modules=",
                "2 | without a head | predict --text x --adapter ADAPTER --vector",
                "1 | in [1, 512] | predict --text x --max-length 1000",
                "2 | has its own rows | compare --task wordnet-nouns --train ROWS --dev ROWS --out OUT",
                "2 | needs --train and --dev | compare --train ROWS --out OUT",
                "2 | expected one of | compare --task poetry --out OUT",
                "1 | unlabelled.tsv, line 1: no column 'label' | compare --train ROWS --dev UNLABELLED --out OUT",
                "1 | unlabelled.tsv, line 1: no column 'label' | finetune --train ROWS --dev UNLABELLED --out OUT",
                "2 | Invalid value | finetune --train ROWS --out OUT --rank many",
                "2 | --device must be cpu or cuda | predict --text x --device tpu",
                "2 | nothing to inspect | inspect",
                "2 | [--batch-size] plan the memory of training | inspect --base minilm --batch-size 8",
                "2 | leave one out | inspect --adapter ADAPTER --method lora",
                "1 | less 20 virtual tokens: 500 | inspect --method prompt --max-length 500",
                "1 | batches of 1 fit | inspect --method lora --activation-budget 10",
                "2 | nothing to merge | merge --out OUT",
                "1 | no device gpu(99): PyTorch sees | predict --text x --device cuda:99",
                "1 | did you mean query? | finetune --train ROWS --out OUT --target-modules qery",
                "1 | rank 400 exceeds min(in, out) = 384 | finetune --train ROWS --out OUT --rank 400",
                "1 | has no tokens | finetune --train ROWS --out OUT --method prompt --set prompt_tuning_init=TEXT --set prompt_tuning_init_text=\u200b",
                "1 | no state of training to go on from | finetune --train ROWS --out ADAPTER --resume",
                "1 | no/such/folder | evaluate --base no/such/folder --data ROWS",
                "1 | absent.tsv | finetune --train absent.tsv --out OUT",
                "1 | unlabelled.tsv, line 1: no column 'label' | finetune --train UNLABELLED --out OUT",
                "1 | other.tsv, line 2: 'label' is tree, which is none of [act, a | finetune --train ROWS --dev OTHER --out OUT",
                "1 | other.tsv, line 2: 'label' is tree | evaluate --adapter ADAPTER --data OTHER",
                "1 | is no folder, so nothing can be saved | finetune --train ROWS --out ROWS",
                "1 | is no folder, so nothing can be saved | finetune --train ROWS --out ROWS/inside",
                "1 | is no folder, so nothing can be saved | compare --out ROWS",
                "1 | is no folder, so nothing can be saved | merge --adapter ADAPTER --out ROWS",
                "2 | is what is read (ADAPTER) | merge --adapter ADAPTER --out ADAPTER/../adapter",
                "1 | is a folder; name a file of rows | evaluate --adapter ADAPTER --data ADAPTER",
                "1 | there is no such file or folder; check the path | evaluate --adapter ADAPTER --data absent.tsv",
                "1 | name the labels | evaluate --data ROWS",
                "1 | maximum length must be in [1, 512] | evaluate --adapter ADAPTER --data ROWS --max-length 1000",
            })
    void run_wrongInput_saysWhatIsWrong(int code, String message, String arguments) throws IOException {
        Files.writeString(file("unlabelled.tsv"), "text\nsome text\n");
        Files.writeString(file("other.tsv"), "text\tlabel\nan oak\ttree\n");
        CommandLineRun run = CommandLineRun.of((Object[]) arguments
                .replace("ROWS", file("rows.tsv").toString())
                .replace("OUT", file("out").toString())
                .replace("UNLABELLED", file("unlabelled.tsv").toString())
                .replace("OTHER", file("other.tsv").toString())
                .replace("ADAPTER", file("adapter").toString())
                .split(" ", -1));

        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err())
                .contains(message.replace("ADAPTER", file("adapter").toString()))
                .doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
        assertThat(file("out")).doesNotExist();
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

    @Test
    void compare_filesAlone_areWhatItLearns() throws IOException {
        Files.writeString(file("few.tsv"), "text\tlabel\n" + String.join("\n", ROWS.subList(0, 6)) + "\n");
        CommandLineRun run = CommandLineRun.of(
                "compare",
                "--train",
                file("rows.tsv"),
                "--dev",
                file("few.tsv"),
                "--methods",
                "linear-probe,full",
                "--steps",
                1,
                "--out",
                file("compared"),
                "--json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonObject report = run.json();
        assertThat(report.get("task").getAsString()).isEqualTo("classification");
        assertThat(report.get("train_rows").getAsInt()).isEqualTo(48);
        assertThat(report.get("dev_rows").getAsInt()).isEqualTo(6);
        assertThat(report.keySet()).contains("base", "seed", "versions", "rows");
        assertThat(report.getAsJsonArray("rows")).hasSize(2).allSatisfy(row -> assertThat(
                        row.getAsJsonObject().keySet())
                .contains(
                        "method",
                        "config",
                        "trainable",
                        "share",
                        "bytes",
                        "accuracy",
                        "macro_f1",
                        "attainment",
                        "roi",
                        "train_seconds",
                        "examples_per_second",
                        "peak_rss_mb",
                        "latency_ms",
                        "added_latency_ms",
                        "losses"));
        assertThat(JsonParser.parseString(Files.readString(file("compared/report.json"))))
                .isEqualTo(report);
        assertThat(Files.readString(file("compared/report.html"))).doesNotContain("src=", "<link", "<script");
        assertThat(file("compared/linear-probe/adapter_config.json")).exists();
        Provenance provenance = Provenance.read(file("compared/full")).orElseThrow();
        assertThat(provenance.seed()).isEqualTo(42);
        assertThat(provenance.data()).matches("sha256:[0-9a-f]{64}");
        assertThat(provenance.versions()).containsKeys("peft4j", "pytorch");
        JsonObject full = report.getAsJsonArray("rows").get(1).getAsJsonObject();
        assertThat(provenance.metrics())
                .containsEntry("accuracy", full.get("accuracy").getAsDouble());
    }

    @Test
    void run_debug_printsTheStackTrace() {
        CommandLineRun run = CommandLineRun.of("finetune", "--train", "absent.tsv", "--out", "x", "--debug");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("\tat io.peft4j");
    }

    @ParameterizedTest
    @CsvSource({
        "compare",
        "finetune",
        "evaluate",
        "predict",
        "generate",
        "parity",
        "merge",
        "inspect",
        "convert",
        "advise",
        "extract"
    })
    void help_ofEveryVerb_isPrinted(String verb) {
        CommandLineRun run = CommandLineRun.of(verb, "--help");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Usage: peft4j " + verb);
    }
}
