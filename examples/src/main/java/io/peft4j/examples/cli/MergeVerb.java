package io.peft4j.examples.cli;

import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Merge;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import io.peft4j.model.SavedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
        Path target = Objects.requireNonNull(out);
        OutputFolder.check(target);
        Path folder = base.folder();
        List<Path> read = new ArrayList<>(adapters.folders());
        read.add(folder);
        OutputFolder.checkApart(target, read);
        List<AdapterFolder> folders = adapters.open();
        BaseModelLoader loader = BaseModel.from(folder)
                .precision(base.dtype())
                .weights(base.weights())
                .device(base.device());
        ModelTask.of(folder, folders).withHead().ifPresent(loader::task);
        try (BaseModel model = loader.load();
                LoadedAdapters loaded = LoadedAdapters.load(folders, model);
                Merge merge = Merge.of(model, loaded.selection())) {
            SavedModel.write(merge.model(), target, folder);
            System.out.println("saved " + target);
        }
        return 0;
    }
}
