package io.peft4j.examples.cli;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Merge;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.SavedModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Folds an adapter into its base model. */
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes a plain checkpoint in Hugging Face layout: a base model with an adapter merged into it.")
final class MergeVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(names = "--adapter", required = true, paramLabel = "DIR", description = "Folder of the adapter.")
    private @Nullable Path adapter;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the checkpoint goes.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        Path folder = base.folder();
        AdapterFolder files = AdapterFolder.open(Objects.requireNonNull(adapter));
        List<String> labels = TextClassifiers.labels(files);
        BaseModelLoader loader = BaseModel.from(folder).precision(base.dtype()).device(base.device());
        TaskType type = files.taskType().orElse(TaskType.FEATURE_EXTRACTION);
        if (type == TaskType.SEQ_CLS || type == TaskType.TOKEN_CLS) {
            loader.task(
                    type == TaskType.SEQ_CLS ? Task.sequenceClassification(labels) : Task.tokenClassification(labels));
        }
        try (BaseModel model = loader.load();
                Adapter loaded = files.load(model);
                Merge merge = Merge.of(model, Selection.of(loaded))) {
            SavedModel.write(merge.model(), Objects.requireNonNull(out), folder);
            System.out.println("saved " + out);
        }
        return 0;
    }
}
