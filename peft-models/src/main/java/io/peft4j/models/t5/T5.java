package io.peft4j.models.t5;

import com.google.gson.JsonObject;
import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.models.common.AttentionMask;
import io.peft4j.models.common.SentenceVector;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;

/**
 * The T5 encoder and decoder with their heads.
 *
 * <pre>
 * source = encoder(E·text)
 * logits = O·s·decoder(E·[start, target without its last], source)    s = 1/√D where O is the embedding, else 1
 * logits = C·tanh(P·decoder(E·[start, text without its last], source)[end])              classification of texts
 * </pre>
 *
 * <p>The input {@code labels} [B, L] are the target texts, from which the decoder's own tokens are made.
 */
final class T5 implements Architecture {

    private static final String CROSS_BIAS = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";

    /** Makes T5s. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "t5";
        }

        @Override
        public Architecture create(ModelConfig config) {
            T5Config t5 = T5Config.of(config);
            config.check();
            return new T5(t5);
        }
    }

    private final T5Config config;

    private T5(T5Config config) {
        this.config = config;
    }

    @Override
    public String basePrefix() {
        return "transformer";
    }

    @Override
    public List<TaskType> tasks() {
        return List.of(TaskType.SEQ_2_SEQ_LM, TaskType.SEQ_CLS, TaskType.TOKEN_CLS, TaskType.FEATURE_EXTRACTION);
    }

    @Override
    public List<String> headModules(Task task) {
        return switch (task.type()) {
            case SEQ_2_SEQ_LM -> List.of("lm_head");
            case SEQ_CLS -> List.of("classification_head");
            case TOKEN_CLS -> List.of("classifier");
            default -> List.of();
        };
    }

    @Override
    public String className(Task task) {
        return switch (task.type()) {
            case SEQ_2_SEQ_LM -> "T5ForConditionalGeneration";
            case SEQ_CLS -> "T5ForSequenceClassification";
            case TOKEN_CLS -> "T5ForTokenClassification";
            default -> "T5EncoderModel";
        };
    }

    @Override
    public List<String> defaultTargets() {
        return List.of("q", "v");
    }

    /** Files of an output layer of its own leave the scale before it out. */
    @Override
    public void untie(JsonObject config) {
        config.addProperty("tie_word_embeddings", false);
        config.remove("scale_decoder_outputs");
    }

    @Override
    public double untiedFactor() {
        return config.output().scaled() ? 1 / Math.sqrt(config.width()) : 1;
    }

    /** Distances have no end: the farthest share a bucket. */
    @Override
    public int maxLength() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int layers() {
        return config.encoderLayers() + config.decoderLayers();
    }

    @Override
    public double initializerRange() {
        return config.initializerRange();
    }

    @Override
    public boolean mayIgnore(String name) {
        return name.endsWith(".embed_tokens.weight")
                || name.endsWith(CROSS_BIAS)
                || name.startsWith("lm_head.")
                || name.startsWith("classifier.")
                || name.startsWith("classification_head.")
                || name.startsWith("qa_outputs.");
    }

    @Override
    public boolean mayIgnore(String name, Task task) {
        boolean decoder = name.startsWith("decoder.") || name.startsWith("transformer.decoder.");
        return mayIgnore(name) || (decoder && !decodes(task));
    }

    private static boolean decodes(Task task) {
        return task.type() == TaskType.SEQ_2_SEQ_LM || task.type() == TaskType.SEQ_CLS;
    }

    @Override
    public void record(NetworkRecorder network, Task task) {
        String base = task.labels().isEmpty() ? "" : "transformer";
        Dim b = Dim.named("B");
        String path = base.isEmpty() ? "encoder" : base + ".encoder";
        T5Stack encoder = new T5Stack(config, path, 0, config.encoderLayers());
        if (decodes(task)) {
            String after = base.isEmpty() ? "decoder" : base + ".decoder";
            T5Decoder decoder =
                    new T5Decoder(encoder, new T5Stack(config, after, config.encoderLayers(), config.decoderLayers()));
            if (task.type() == TaskType.SEQ_CLS) {
                decoder.classify(network, base, task.labels().size());
            } else {
                decoder.record(network);
            }
            return;
        }
        Dim t = Dim.named("T");
        Tensor ids = network.input("input_ids", TensorType.of(DType.INT64, b, t));
        Tensor mask = network.input("attention_mask", TensorType.of(DType.INT64, b, t));
        Tensor shown = AttentionMask.shown(network, mask);
        Tensor hidden = encoder.encode(network, base, ids, shown);
        if (task.type() == TaskType.TOKEN_CLS) {
            int labels = task.labels().size();
            network.output(
                    "logits", network.stage("", (m, in) -> m.head().linear("classifier", in.get(0), labels), hidden));
        } else {
            SentenceVector.record(network, task, hidden, shown);
        }
    }
}
