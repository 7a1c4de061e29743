package io.peft4j.examples.cli;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapterhub.HubConversion;
import io.peft4j.model.BaseModel;
import io.peft4j.model.BaseModelLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Turns adapter folders of one library into those of the other. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes an adapter of Hugging Face PEFT in AdapterHub's layout, or the other way round.")
final class ConvertVerb implements Callable<Integer> {

    @Mixin
    private BaseOptions base = new BaseOptions();

    @Option(names = "--adapter", required = true, paramLabel = "DIR", description = "Folder of the adapter.")
    private @Nullable Path adapter;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the converted adapter goes.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        Path target = Objects.requireNonNull(out);
        Path source = Objects.requireNonNull(adapter);
        OutputFolder.check(target);
        Path folder = base.folder();
        OutputFolder.checkApart(target, List.of(source, folder));
        AdapterFolder files = AdapterFolder.open(source);
        BaseModelLoader loader = BaseModel.from(folder).device(base.device());
        ModelTask.of(folder, List.of(files)).withHead().ifPresent(loader::task);
        try (BaseModel model = loader.load();
                Adapter given = files.load(model);
                Adapter converted = HubConversion.convert(given, model)) {
            AdapterFolder.save(converted, model, target);
            System.out.printf(
                    "converted %s to %s in %s%n",
                    given.config().peftType(), converted.config().peftType(), target);
        }
        return 0;
    }
}
