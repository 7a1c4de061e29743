package io.peft4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LatencyCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int run(String arguments) {
        PrintStream usual = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            return Main.run(new LatencyCommand(), arguments.split(" ", -1));
        } finally {
            System.setOut(usual);
        }
    }

    @Test
    void latency_methodsAndTheirStack_printsALineEach() {
        int code = run("--model tiny --methods lora,seq_bn --stack --rank 2 --seq 8 --requests 3");

        assertThat(code).isZero();
        List<JsonObject> lines = out.toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(lines)
                .extracting(line -> line.get("method").getAsString())
                .containsExactly("lora", "seq_bn", "stack(lora, seq_bn)");
        assertThat(lines).allSatisfy(line -> {
            double base = line.get("base_ms").getAsDouble();
            double added = line.get("added_ms").getAsDouble();
            assertThat(added).isEqualTo(line.get("median_ms").getAsDouble() - base, within(1e-9));
            assertThat(line.get("added_share").getAsDouble()).isEqualTo(added / base, within(1e-9));
        });
    }

    @Test
    void latency_unknownMethod_isRefusedBeforeAModelIsMade() {
        assertThat(run("--model tiny --methods lora,nope")).isEqualTo(2);
    }
}
