package io.peft4j.examples.cli;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Adapters that are closed together. */
final class LoadedAdapters implements AutoCloseable {

    private final List<Adapter> adapters = new ArrayList<>();

    /** Loads adapters for a base model. */
    static LoadedAdapters load(List<AdapterFolder> folders, BaseModel base) throws IOException {
        LoadedAdapters loaded = new LoadedAdapters();
        try {
            for (AdapterFolder folder : folders) {
                loaded.adapters.add(folder.load(base));
            }
            return loaded;
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /** Returns the adapters stacked in their order; the base model alone if there are none. */
    Selection selection() {
        return adapters.isEmpty()
                ? Selection.none()
                : adapters.size() == 1
                        ? Selection.of(adapters.get(0))
                        : Selection.stack(adapters.toArray(Adapter[]::new));
    }

    @Override
    public void close() {
        adapters.forEach(Adapter::close);
    }
}
