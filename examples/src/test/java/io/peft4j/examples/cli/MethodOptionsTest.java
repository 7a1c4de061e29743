package io.peft4j.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethods;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class MethodOptionsTest {

    @Command
    private static final class Line {
        @Mixin
        private MethodOptions options = new MethodOptions();
    }

    private static MethodOptions parse(String... arguments) {
        Line line = new Line();
        new CommandLine(line).parseArgs(arguments);
        return line.options;
    }

    private static Map<String, PeftConfig> configs(List<String> methods, String... arguments) throws IOException {
        return parse(arguments).configs(methods, List.of("query", "value"), 60);
    }

    private static JsonObject fields(PeftConfig config) {
        return PeftMethods.of(config).write(config);
    }

    @ParameterizedTest
    @CsvSource({"lora, 16, 32", "dora, 4, 8", "pissa, 8, 8", "pissa, 16, 16", "olora, 4, 4"})
    void configs_rank_keepsTheUsualRatioOfAlpha(String method, String rank, double alpha) throws IOException {
        JsonObject fields = fields(configs(List.of(method), "--rank", rank).get(method));

        assertThat(fields.get("r").getAsString()).isEqualTo(rank);
        assertThat(fields.get("lora_alpha").getAsDouble()).isEqualTo(alpha);
    }

    @Test
    void configs_rankAndAlpha_areBothWhatWasGiven() throws IOException {
        JsonObject fields =
                fields(configs(List.of("lora"), "--rank", "4", "--alpha", "3").get("lora"));

        assertThat(fields.get("lora_alpha").getAsDouble()).isEqualTo(3);
    }

    @Test
    void configs_rankForAllThatAreCompared_leavesScalingAlone() throws IOException {
        Map<String, PeftConfig> configs = configs(MethodEntry.COMPARED, "--rank", "16");

        assertThat(fields(configs.get("lora")).get("r").getAsInt()).isEqualTo(16);
        assertThat(fields(configs.get("ia3")))
                .isEqualTo(fields(configs(List.of("ia3")).get("ia3")));
    }

    @Test
    void configs_rankOfAMethodWithoutOne_saysThatItHasNone() {
        assertThatThrownBy(() -> configs(List.of("ia3"), "--rank", "16"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("[--rank] says nothing to [ia3]");
    }

    @ParameterizedTest
    @CsvSource({"--bottleneck-size,54", "--set,bottleneck_size=54"})
    void configs_sizeOfABottleneck_takesThePlaceOfTheUsualFactor(String option, String value) throws IOException {
        JsonObject fields = fields(configs(List.of("par-bn"), option, value).get("par-bn"));

        assertThat(fields.get("bottleneck_size").getAsInt()).isEqualTo(54);
        assertThat(fields.has("reduction_factor")).isFalse();
    }

    @Test
    void configs_sizeAndFactor_areAlternatives() {
        assertThatThrownBy(() -> configs(List.of("seq-bn"), "--set", "bottleneck_size=54", "--reduction-factor", "8"))
                .hasMessageContaining(
                        "bottleneck_size and reduction_factor are alternatives: leave out one of 54 and 8");
    }

    @ParameterizedTest
    @CsvSource({"''", "'query,,value'", "','"})
    void configs_targetWithoutAName_isRefused(String targets) {
        assertThatThrownBy(() -> configs(List.of("lora"), "--target-modules", targets))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("empty name");
    }

    @Test
    void methods_givenTwiceOrBesideAFile_areRefused() {
        assertThatThrownBy(() -> parse().methods(List.of("lora", "lora"), List.of()))
                .hasMessageContaining("compared once: [lora, lora]");
        assertThatThrownBy(() -> parse("--config", "f.json").methods(List.of("lora"), List.of()))
                .hasMessageContaining("leave out [lora]");
        assertThatThrownBy(() -> parse().methods(List.of(), List.of("dora"))).hasMessageContaining("names no method");
        assertThat(parse().methods(null, List.of("dora"))).containsExactly("dora");
    }

    @ParameterizedTest
    @CsvSource({
        "prompt-tuning, prompt",
        "prefix-tuning, prefix",
        "bottleneck, seq-bn",
        "lora, lora",
        "pissa, pissa",
        "ia3, ia3"
    })
    void learningRate_typeOfAFile_isThatOfTheMethod(String type, String method) {
        assertThat(MethodEntry.learningRate(type))
                .isEqualTo(MethodEntry.of(method).learningRate());
    }

    @Test
    void learningRate_adapterHubsLora_isNotThatOfScaledActivations() {
        assertThat(MethodEntry.learningRate("adapterhub-lora"))
                .isLessThan(MethodEntry.of("ia3").learningRate());
    }

    /** AdaLoRA's schedule ends with the training, and its rank is the one it starts with. */
    @Test
    void configs_adalora_knowsTheUpdatesAndTheRankAtTheStart() throws IOException {
        JsonObject fields = fields(configs(List.of("adalora"), "--rank", "16").get("adalora"));

        assertThat(fields.get("total_step").getAsInt()).isEqualTo(60);
        assertThat(fields.get("init_r").getAsInt()).isEqualTo(16);
        assertThat(fields.get("lora_alpha").getAsDouble()).isEqualTo(32);
    }
}
