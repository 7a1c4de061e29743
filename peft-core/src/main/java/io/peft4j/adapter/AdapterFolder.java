package io.peft4j.adapter;

import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Task;
import io.peft4j.model.TaskType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * An adapter in files: in the layout of Hugging Face PEFT, or in another that an {@link AdapterLayout} on the class path
 * knows.
 */
public abstract class AdapterFolder {

    private static final List<AdapterLayout> LAYOUTS = ServiceLoader.load(AdapterLayout.class).stream()
            .map(ServiceLoader.Provider::get)
            .toList();

    /** For layouts. */
    protected AdapterFolder() {}

    /** Opens a folder, whose layout its files tell: reads the settings and the names of the tensors. */
    public static AdapterFolder open(Path folder) throws IOException {
        for (AdapterLayout layout : LAYOUTS) {
            if (layout.recognises(folder)) {
                return layout.open(folder);
            }
        }
        return PeftFolder.read(folder);
    }

    /** Returns why a folder in another layout is not read: nothing reads it, or it lacks what layouts are told by. */
    static String unread() {
        return LAYOUTS.isEmpty()
                ? "which nothing on the class path reads; add the artifact io.peft4j:peft-adapter"
                : "without any of the files that hold its tensors; add one of "
                        + LAYOUTS.stream()
                                .flatMap(layout -> layout.tensors().stream())
                                .toList();
    }

    /**
     * Saves an adapter in its method's layout, in the place of whatever adapter the folder holds.
     *
     * <p>Files are written under temporary names and renamed, the tensors first; those of the adapter before that have
     * other names are deleted last.
     */
    public static void save(Adapter adapter, BaseModel base, Path folder) throws IOException {
        Set<String> stale = new HashSet<>(PeftFolder.FILES);
        LAYOUTS.forEach(layout -> stale.addAll(layout.files()));
        stale.removeAll(write(adapter, base, folder));
        for (String name : stale) {
            Files.deleteIfExists(folder.resolve(name));
        }
    }

    private static Set<String> write(Adapter adapter, BaseModel base, Path folder) throws IOException {
        for (AdapterLayout layout : LAYOUTS) {
            if (layout.writes(adapter.config())) {
                return layout.save(adapter, base, folder);
            }
        }
        return PeftFolder.write(adapter, base, folder);
    }

    /** Returns the method that the settings name. */
    public abstract String peftType();

    /** Returns the base model that the settings name, empty if they name none. */
    public abstract String baseModel();

    /** Returns the task that the settings name, if they do. */
    public abstract Optional<TaskType> taskType();

    /** Returns the labels that the adapter was trained for, empty if they are not known. */
    public abstract List<String> labels();

    /** Returns what the logits of a text mean, if the files say so. */
    public Optional<Task.Problem> problem() {
        return Optional.empty();
    }

    /** Returns the tensors in the files, those of a head included. */
    public abstract List<TensorInfo> tensors();

    /** Returns those of {@link #tensors} that train; others, such as VeRA's matrices, are merely kept with them. */
    public List<TensorInfo> trained() {
        PeftMethod<?> method = PeftMethods.of(fields());
        return tensors().stream().filter(info -> !method.isFrozen(info.name())).toList();
    }

    /** Returns the fields of the settings. */
    public abstract ConfigFields fields();

    /** Returns the settings. */
    public PeftConfig config() {
        return PeftMethods.read(fields());
    }

    /**
     * Loads the adapter for a base model.
     *
     * @throws IllegalArgumentException listing every tensor that is missing, unexpected or of another shape
     */
    public abstract Adapter load(BaseModel base) throws IOException;

    /**
     * Loads the adapter for a base model but for what comes from elsewhere and starts anew; by default files hold all.
     *
     * @param elsewhere names that files would have for tensors
     */
    public Adapter load(BaseModel base, Collection<String> elsewhere) throws IOException {
        return load(base);
    }
}
