package io.peft4j.adapter;

import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A layout of adapter folders beside Hugging Face PEFT's, found through {@link java.util.ServiceLoader}. */
public interface AdapterLayout {

    /** Returns whether a folder is in this layout. */
    boolean recognises(Path folder) throws IOException;

    /** Opens a folder. */
    AdapterFolder open(Path folder) throws IOException;

    /** Returns whether adapters of such settings are saved in this layout. */
    boolean writes(PeftConfig config);

    /** Saves an adapter, and returns the names of the files that it is in. */
    Set<String> save(Adapter adapter, BaseModel base, Path folder) throws IOException;

    /** Returns the names of all files that {@link #open} reads of some folder, but for {@code adapter_config.json}. */
    Set<String> files();

    /** Returns the names of the files that an adapter's tensors can be in. */
    List<String> tensors();
}
