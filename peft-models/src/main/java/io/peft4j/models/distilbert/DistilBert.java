package io.peft4j.models.distilbert;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Module;
import io.peft4j.model.Task;
import io.peft4j.models.common.EncoderNames;
import io.peft4j.models.common.EncoderSizes;
import io.peft4j.models.common.PostNormEncoder;
import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * DistilBERT: BERT's encoder without token types and with another head.
 *
 * <pre>
 * e = LayerNorm(word + position)                    before the layers
 * logits = C·relu(P·y[CLS])                         classification of texts
 * </pre>
 */
final class DistilBert extends PostNormEncoder {

    /** Makes DistilBERTs. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "distilbert";
        }

        @Override
        public Architecture create(ModelConfig config) {
            return new DistilBert(DistilBertConfig.of(config));
        }
    }

    private static final EncoderNames NAMES = new EncoderNames(
            "DistilBert",
            "distilbert",
            "transformer.layer",
            new EncoderNames.Attention(
                    "attention", "q_lin", "k_lin", "v_lin", "attention", "attention.out_lin", "sa_layer_norm"),
            new EncoderNames.FeedForward("ffn.lin1", "ffn", "ffn.lin2", "output_layer_norm"));

    private DistilBert(EncoderSizes sizes) {
        super(sizes, NAMES);
    }

    @Override
    public List<String> headModules(Task task) {
        return switch (task.type()) {
            case SEQ_CLS -> List.of("pre_classifier", "classifier");
            case TOKEN_CLS -> List.of("classifier");
            default -> List.of();
        };
    }

    @Override
    public List<String> defaultTargets() {
        return List.of("q_lin", "v_lin");
    }

    @Override
    public int maxLength() {
        return sizes().positions();
    }

    @Override
    public boolean mayIgnore(String name) {
        return name.startsWith("vocab_")
                || name.startsWith("pre_classifier.")
                || name.startsWith("classifier.")
                || name.startsWith("qa_outputs.");
    }

    @Override
    protected Tensor embeddings(Module m, Tensor ids, Tensor types) {
        int d = sizes().width();
        Tensor word = m.embeddings(m.embedding("word_embeddings", ids, sizes().vocabulary(), d));
        Tensor positions = m.child("position_embeddings").weight("weight", sizes().positions(), d);
        Tensor sum = word.add(positions(m, positions, 0, word.dim(1))); // [B, K + T, D]
        return m.layerNorm("LayerNorm", sum, sizes().epsilon());
    }

    @Override
    protected Tensor classify(Module m, Task task, Tensor hidden, Tensor mask) {
        Module head = m.head();
        Tensor inner = head.linear("pre_classifier", textVector(task, hidden, mask), sizes().width())
                .activation(Activation.RELU);
        return head.linear("classifier", inner, task.labels().size());
    }
}
