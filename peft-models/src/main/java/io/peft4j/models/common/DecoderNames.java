package io.peft4j.models.common;

/**
 * What Hugging Face calls the parts of a decoder that normalises before each sub-layer.
 *
 * @param className its classes without what they are for, such as {@code Llama}
 * @param causalClass its class for generation
 * @param prefix the base model inside a model with a head
 * @param embedding the table of words inside the base model
 * @param layers the list of layers inside the base model
 * @param norm the last norm inside the base model
 * @param layer the parts of a layer
 * @param tokenHead the linear that classifies tokens
 */
public record DecoderNames(
        String className,
        String causalClass,
        String prefix,
        String embedding,
        String layers,
        String norm,
        Layer layer,
        String tokenHead) {

    /**
     * The parts of a layer.
     *
     * @param attentionNorm before the attention
     * @param attention the attention
     * @param feedForwardNorm before the feed-forward
     * @param feedForward the feed-forward
     */
    public record Layer(String attentionNorm, String attention, String feedForwardNorm, String feedForward) {}

    /** Returns the names of Llama, which many took over. */
    public static DecoderNames likeLlama(String className) {
        return new DecoderNames(
                className,
                className + "ForCausalLM",
                "model",
                "embed_tokens",
                "layers",
                "norm",
                new Layer("input_layernorm", "self_attn", "post_attention_layernorm", "mlp"),
                "score");
    }
}
