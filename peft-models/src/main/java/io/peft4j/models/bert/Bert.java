package io.peft4j.models.bert;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Module;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import io.peft4j.models.common.EncoderNames;
import io.peft4j.models.common.PostNormEncoder;
import io.peft4j.program.Activation;
import io.peft4j.program.Tensor;
import java.util.Collection;
import java.util.List;

/**
 * The BERT encoder with its heads.
 *
 * <pre>
 * e = LayerNorm(word + type + position)             before the layers
 * logits = C·tanh(P·y[CLS])                         classification of texts
 * </pre>
 */
final class Bert extends PostNormEncoder {

    /** Makes BERTs. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "bert";
        }

        @Override
        public Architecture create(ModelConfig config) {
            BertConfig bert = BertConfig.of(config);
            config.check();
            return new Bert(bert);
        }
    }

    private final BertConfig config;

    private Bert(BertConfig config) {
        super(config.sizes(), EncoderNames.likeBert("Bert", "bert"));
        this.config = config;
    }

    /** Classifies the mean of the hidden states where the checkpoint has no pooler, as those of sentence models. */
    @Override
    public Task fit(Task task, Collection<String> tensors) {
        boolean pooler = tensors.stream().anyMatch(name -> name.endsWith("pooler.dense.weight"));
        return task.type() == TaskType.SEQ_CLS && !pooler ? task.withPooling(Task.Pooling.MEAN) : task;
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
        return sizes().positions();
    }

    @Override
    public boolean mayIgnore(String name) {
        return name.endsWith("embeddings.position_ids")
                || name.startsWith("cls.")
                || name.startsWith("classifier.")
                || name.startsWith("qa_outputs.")
                || name.contains("pooler.dense.");
    }

    @Override
    protected Tensor embeddings(Module m, Tensor ids, Tensor types) {
        int d = sizes().width();
        Tensor word = m.embeddings(m.embedding("word_embeddings", ids, sizes().vocabulary(), d));
        Tensor type = m.embedding("token_type_embeddings", types, config.types(), d);
        Tensor positions = m.child("position_embeddings").weight("weight", sizes().positions(), d);
        Tensor sum = word.add(type).add(positions(m, positions, 0, word.dim(1))); // [B, K + T, D]
        return m.layerNorm("LayerNorm", sum, sizes().epsilon());
    }

    @Override
    protected Tensor classify(Module m, Task task, Tensor hidden, Tensor mask) {
        Tensor vector = textVector(task, hidden, mask);
        Tensor pooled = task.pooling() == Task.Pooling.MODEL
                ? m.linear("bert.pooler.dense", vector, sizes().width()).activation(Activation.TANH)
                : vector;
        return m.head().linear("classifier", pooled, task.labels().size());
    }
}
