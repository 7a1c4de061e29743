package io.peft4j.models.roberta;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Module;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.model.VirtualTokens;
import io.peft4j.models.bert.BertConfig;
import io.peft4j.models.common.EncoderNames;
import io.peft4j.models.common.PostNormEncoder;
import io.peft4j.program.Activation;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * RoBERTa and XLM-R: BERT's encoder with another count of positions and another head.
 *
 * <pre>
 * e = LayerNorm(word + type 0 + position)           positions count from the padding id + 1, padding not
 * logits = C·tanh(P·y[&lt;s&gt;])                         classification of texts
 * </pre>
 */
final class Roberta extends PostNormEncoder {

    /** Makes RoBERTas. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "roberta";
        }

        @Override
        public Architecture create(ModelConfig config) {
            return Roberta.create(config, "Roberta");
        }
    }

    /** Makes XLM-Rs. */
    public static final class MultilingualFactory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "xlm-roberta";
        }

        @Override
        public Architecture create(ModelConfig config) {
            return Roberta.create(config, "XLMRoberta");
        }
    }

    private final BertConfig config;
    private final int padding;

    private Roberta(BertConfig config, int padding, String className) {
        super(config.sizes(), EncoderNames.likeBert(className, "roberta"));
        this.config = config;
        this.padding = padding;
    }

    private static Roberta create(ModelConfig config, String className) {
        BertConfig bert = BertConfig.of(config);
        int padding = config.index("pad_token_id", 1);
        int positions = bert.sizes().positions();
        config.require(
                positions > padding + 1,
                "max_position_embeddings must be above pad_token_id + 1 = %s: %s",
                padding + 1,
                positions);
        config.check();
        return new Roberta(bert, padding, className);
    }

    @Override
    public List<String> headModules(Task task) {
        return task.type() == TaskType.FEATURE_EXTRACTION ? List.of() : List.of("classifier");
    }

    @Override
    public List<String> defaultTargets() {
        return List.of("query", "value");
    }

    @Override
    public int maxLength() {
        return sizes().positions() - padding - 1;
    }

    @Override
    public boolean mayIgnore(String name) {
        return name.endsWith("embeddings.position_ids")
                || name.startsWith("lm_head.")
                || name.startsWith("classifier.")
                || name.startsWith("qa_outputs.")
                || name.contains("pooler.dense.");
    }

    @Override
    protected Tensor embeddings(Module m, Tensor ids, Tensor types) {
        int d = sizes().width();
        Tensor word = m.embeddings(m.embedding("word_embeddings", ids, sizes().vocabulary(), d));
        Tensor type = m.child("token_type_embeddings").weight("weight", config.types(), d);
        Tensor sum = word.add(type.slice(0, Dim.of(0), Dim.of(1))).add(position(m, ids, word.dim(1))); // [B, K + T, D]
        return m.layerNorm("LayerNorm", sum, sizes().epsilon());
    }

    /** With learned words there are no ids to tell padding by, so positions count everything, as Hugging Face's do. */
    private Tensor position(Module m, Tensor ids, Dim tokens) {
        int rows = sizes().positions();
        VirtualTokens learned = m.virtualTokens();
        if (learned.words() == 0) {
            Tensor positions = ids.textPositions(padding, learned.keys());
            return m.embedding("position_embeddings", positions, rows, sizes().width());
        }
        Tensor table = m.child("position_embeddings").weight("weight", rows, sizes().width());
        return positions(m, table, padding + 1L, tokens);
    }

    @Override
    protected Tensor classify(Module m, Task task, Tensor hidden, Tensor mask) {
        Module head = m.head().child("classifier");
        Tensor inner = head.linear("dense", textVector(task, hidden, mask), sizes().width())
                .activation(Activation.TANH);
        return head.linear("out_proj", inner, task.labels().size());
    }
}
