package io.peft4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String arguments) {
        PrintStream usualOut = System.out;
        PrintStream usualErr = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            return Main.run(new StepCommand(), arguments.split(" ", -1));
        } finally {
            System.setOut(usualOut);
            System.setErr(usualErr);
        }
    }

    @Test
    void step_tinyModel_printsTheKeysThatAreSetBesideOthers() {
        int code = run("--model tiny --method lora --rank 2 --batch 2 --seq 16 --steps 2 --warmup 1");

        assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
        JsonObject line =
                JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
        assertThat(line.keySet())
                .contains(
                        "median_ms",
                        "min_ms",
                        "peak_rss_mb",
                        "trainable",
                        "total",
                        "build_s",
                        "first_loss",
                        "last_loss",
                        "dtype");
        assertThat(line.get("dtype").getAsString()).isEqualTo("float32");
        assertThat(line.get("trainable").getAsLong()).isEqualTo(2 * 2 * 2 * (32 + 32));
        assertThat(line.get("last_loss").getAsDouble())
                .isLessThan(line.get("first_loss").getAsDouble());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--model nope | nope is neither a folder nor one of",
                "--model tiny --method foo | --method must be one of",
                "--model tiny --dtype float16 | must be float32 or bfloat16: float16",
                "--model tiny --steps 0 | must be at least 1: 0",
            })
    void step_wrongOption_saysWhatIsWrong(String arguments, String message) {
        assertThat(run(arguments)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message).doesNotContain("\tat ");
    }
}
