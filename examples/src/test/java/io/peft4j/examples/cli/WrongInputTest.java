package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line says of input that makes no sense. */
class WrongInputTest {

    @TempDir
    private static Path folder;

    @BeforeAll
    static void train() throws IOException {
        TinyTexts.write(folder.resolve("rows.tsv"), TinyTexts.ROWS.size());
        CommandLineRun trained = CommandLineRun.of(
                "finetune", "--train", folder.resolve("rows.tsv"), "--steps", 1, "--out", folder.resolve("adapter"));
        assertThat(trained.code()).as(trained.err()).isZero();
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
                "2 | --epochs and --steps are alternatives: leave out one of 2 and 5 | finetune --train absent --out OUT --epochs 2 --steps 5",
                "2 | --epochs and --steps are alternatives: leave out one of 3 and 1 | compare --out OUT --epochs 3 --steps 1",
                "2 | --steps must be at least 1: 0 | finetune --train absent --out OUT --steps 0",
                "2 | --learning-rate must be positive: -1.0 | finetune --train absent --out OUT --epochs 0 --learning-rate -1",
                "2 | --activation-budget must be in [1, | compare --out OUT --activation-budget -5",
                "2 | MB: -5 | compare --out OUT --activation-budget -5",
                "2 | says which method it is | compare --config ADAPTER/adapter_config.json --methods lora,full",
                "2 | says which method it is | finetune --train ROWS --out OUT --config ADAPTER/adapter_config.json --method lora",
                "2 | --methods names no method | compare --out OUT --methods ,",
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
                "1 | is no folder, so nothing can be saved in --out | extract --tuned ADAPTER --out ROWS",
                "2 | is what is read (ADAPTER) | extract --tuned ADAPTER --out ADAPTER",
                "1 | is no folder, so nothing can be saved in --out | advise --data ROWS --out ROWS",
                "2 | must be at least 1: 0 | advise --data ROWS --out OUT --steps 0",
                "2 | must be at least 0: -1 | advise --data ROWS --out OUT --rank -1",
                "1 | is a folder, and --out is a file | parity --case ROWS --out ADAPTER",
                "1 | is no folder that may be written, so --out cannot be | parity --case ROWS --out OUT/numbers",
                "2 | is what is read (ROWS) | parity --case ROWS --out ROWS",
                "1 | so nothing can be saved in --save-adapter | parity --case ROWS --adapter ADAPTER --save-adapter ROWS",
                "2 | --save-adapter ADAPTER is what is read | parity --case ROWS --adapter ADAPTER --save-adapter ADAPTER",
                "2 | is what is read (ADAPTER) | merge --adapter ADAPTER --out ADAPTER/../adapter",
                "1 | is a folder; name a file of rows | evaluate --adapter ADAPTER --data ADAPTER",
                "1 | there is no such file or folder; check the path | evaluate --adapter ADAPTER --data absent.tsv",
                "1 | name the labels | evaluate --data ROWS",
                "2 | is given twice: leave one out | merge --adapter ADAPTER --adapter ADAPTER --out OUT",
                "2 | --base is empty | predict --text x --base=",
                "2 | --learning-rate must be positive: NaN | parity --case ROWS --learning-rate NaN",
                "2 | --weight-decay must not be negative: -1.0 | parity --case ROWS --weight-decay -1",
                "1 | it is a folder; name a file | parity --case ADAPTER",
                "1 | it is a folder; name a file | finetune --train ROWS --out OUT --config ADAPTER",
                "1 | a file stands where a folder should be on this path | predict --text x --adapter ROWS",
                "1 | maximum length must be in [1, 512] | evaluate --adapter ADAPTER --data ROWS --max-length 1000",
            })
    void run_wrongInput_saysWhatIsWrong(int code, String message, String arguments) throws IOException {
        Files.writeString(folder.resolve("unlabelled.tsv"), "text\nsome text\n");
        Files.writeString(folder.resolve("other.tsv"), "text\tlabel\nan oak\ttree\n");
        CommandLineRun run = CommandLineRun.of((Object[]) arguments
                .replace("ROWS", folder.resolve("rows.tsv").toString())
                .replace("OUT", folder.resolve("out").toString())
                .replace("UNLABELLED", folder.resolve("unlabelled.tsv").toString())
                .replace("OTHER", folder.resolve("other.tsv").toString())
                .replace("ADAPTER", folder.resolve("adapter").toString())
                .split(" ", -1));

        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err())
                .contains(message.replace("ADAPTER", folder.resolve("adapter").toString())
                        .replace("ROWS", folder.resolve("rows.tsv").toString()))
                .doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
        assertThat(folder.resolve("out")).doesNotExist();
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
