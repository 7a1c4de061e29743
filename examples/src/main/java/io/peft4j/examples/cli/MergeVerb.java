package io.peft4j.examples.cli;

import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Merge;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.SavedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Folds adapters into their base model. */
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes a plain checkpoint in Hugging Face layout: a base model with adapters merged into it.")
final class MergeVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Mixin
    private AdapterOptions adapters = new AdapterOptions();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the checkpoint goes.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        if (adapters.isEmpty()) {
            throw new UsageException("nothing to merge: give --adapter");
        }
        Path folder = base.folder();
        List<AdapterFolder> folders = adapters.open();
        BaseModelLoader loader = BaseModel.from(folder).precision(base.dtype()).device(base.device());
        TextClassifiers.task(folders).ifPresent(loader::task);
        try (BaseModel model = loader.load();
                LoadedAdapters loaded = LoadedAdapters.load(folders, model);
                Merge merge = Merge.of(model, loaded.selection())) {
            SavedModel.write(merge.model(), Objects.requireNonNull(out), folder);
            System.out.println("saved " + out);
        }
        return 0;
    }
}
