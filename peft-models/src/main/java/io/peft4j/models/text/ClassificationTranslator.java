package io.peft4j.models.text;

import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.peft4j.djl.AdaptedBlock;
import io.peft4j.train.Batch;
import java.util.ArrayList;
import java.util.List;

/** Turns texts into what a classifying block takes and its logits into labels, for DJL's {@code Predictor}. */
final class ClassificationTranslator implements Translator<String, Classifications> {

    private final TextClassifier classifier;

    ClassificationTranslator(TextClassifier classifier) {
        this.classifier = classifier;
    }

    @Override
    public Batchifier getBatchifier() {
        return Batchifier.STACK; // Only says that there are batches; they are padded below.
    }

    @Override
    public NDList processInput(TranslatorContext context, String text) {
        return batchProcessInput(context, List.of(text));
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<String> texts) {
        List<TextRow> rows =
                texts.stream().map(text -> new TextRow(text, null, null)).toList();
        int taken = context.getBlock() instanceof AdaptedBlock adapted ? adapted.positions() : 0;
        Batch batch = classifier.batch(rows, taken);
        return new NDList(batch.inputs(context.getNDManager()).values());
    }

    @Override
    public Classifications processOutput(TranslatorContext context, NDList outputs) {
        return batchProcessOutput(context, outputs).get(0);
    }

    @Override
    public List<Classifications> batchProcessOutput(TranslatorContext context, NDList outputs) {
        List<Classifications> results = new ArrayList<>();
        NDArray probabilities = outputs.singletonOrThrow().softmax(-1);
        for (long row = 0; row < probabilities.getShape().get(0); row++) {
            results.add(new Classifications(classifier.labels(), probabilities.get(row)));
        }
        return results;
    }
}
