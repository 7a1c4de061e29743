package io.peft4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.model.Task;
import io.peft4j.program.DType;
import io.peft4j.testkit.TinyModels;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations of decoders that are refused, with the field, its value and what may be there. */
class DecoderConfigTest {

    private static final String LLAMA =
            """
            {"model_type": "%s", "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 40, %s}""";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    llama   | "rope_scaling": {"rope_type": "yarn", "factor": 4.0}             | rope_type must be one of [default, dynamic, linear, llama3]: yarn
                    llama   | "rope_scaling": {"type": "longrope"}                             | type must be one of [default, dynamic, linear, llama3]: longrope
                    llama   | "rope_parameters": {"rope_theta": -1}                            | rope_theta must be above 0: -1
                    llama   | "rope_parameters": {"partial_rotary_factor": 0.5}                | partial_rotary_factor must be 1: 0.5
                    llama   | "hidden_act": "mish"                                             | hidden_act must be one of
                    llama   | "head_dim": 7                                                    | head_dim must be even for rotary positions and at most 65536: 7
                    llama   | "num_key_value_heads": 3                                         | num_attention_heads 4 must be a multiple of num_key_value_heads 3
                    mistral | "sliding_window": 0                                              | sliding_window must be a whole number from 1 to 268435456: 0
                    qwen2   | "use_sliding_window": true, "layer_types": ["full_attention"]    | layer_types must name 2 layers: [full_attention]
                    qwen3   | "use_sliding_window": true, "layer_types": ["full_attention", "chunked_attention"] | layer_types must be full_attention or sliding_attention: chunked_attention
                    llama   | "head_dim": 200000000                                            | head_dim must be even for rotary positions and at most 65536: 200000000
                    gpt2    | "n_layer": 200000000                                             | n_layer must be a whole number from 1 to 10000: 200000000
                    gpt2    | "n_embd": 10, "n_head": 3                                        | n_embd 10 must be a multiple of n_head 3
                    gpt2    | "add_cross_attention": true                                      | add_cross_attention must be false: true
                    """)
    void load_unsupportedField_namesItAndTheRule(String type, String field, String message) {
        assertThatThrownBy(() ->
                        TinyModels.random(Task.causalLanguageModelling(), DType.FLOAT32, LLAMA.formatted(type, field)))
                .hasMessageContaining(message);
    }
}
