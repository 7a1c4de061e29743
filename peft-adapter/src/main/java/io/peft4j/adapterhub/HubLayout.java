package io.peft4j.adapterhub;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.AdapterLayout;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.fusion.FusionConfig;
import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** AdapterHub's layout as a service. */
public final class HubLayout implements AdapterLayout {

    @Override
    public boolean recognises(Path folder) {
        return HubFiles.of(folder).isPresent();
    }

    @Override
    public AdapterFolder open(Path folder) throws IOException {
        return HubFolder.read(folder);
    }

    @Override
    public boolean writes(PeftConfig config) {
        return config instanceof FusionConfig || HubConfig.canWrite(config);
    }

    @Override
    public Set<String> save(Adapter adapter, BaseModel base, Path folder) throws IOException {
        return HubWriter.write(adapter, base, folder);
    }

    @Override
    public List<String> tensors() {
        return HubFiles.ADAPTER.names();
    }

    @Override
    public Set<String> files() {
        return Arrays.stream(HubFiles.values())
                .flatMap(files -> files.names().stream())
                .collect(Collectors.toSet());
    }
}
