package io.peft4j.adapterhub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What AdapterHub calls the files of a folder; of the two forms of tensors, safetensors are read first. */
enum HubFiles {
    ADAPTER("adapter_config.json", "pytorch_adapter.bin", "adapter.safetensors"),
    FUSION("adapter_fusion_config.json", "pytorch_model_adapter_fusion.bin", "model_adapter_fusion.safetensors"),
    HEAD("head_config.json", "pytorch_model_head.bin", "model_head.safetensors");

    private final String config;
    private final String bin;
    private final String safeTensors;

    HubFiles(String config, String bin, String safeTensors) {
        this.config = config;
        this.bin = bin;
        this.safeTensors = safeTensors;
    }

    /** Returns the names of the files, without that which all layouts have. */
    List<String> names() {
        return this == ADAPTER ? List.of(bin, safeTensors) : List.of(config, bin, safeTensors);
    }

    Path config(Path folder) {
        return folder.resolve(config);
    }

    Path bin(Path folder) {
        return folder.resolve(bin);
    }

    Path safeTensors(Path folder) {
        return folder.resolve(safeTensors);
    }

    /** Returns the file of tensors in a folder, if there is one. */
    Optional<Path> tensors(Path folder) {
        return Arrays.asList(safeTensors(folder), bin(folder)).stream()
                .filter(Files::exists)
                .findFirst();
    }

    /** Returns which files a folder has, an adapter's before a fusion's; none if it is in another layout. */
    static Optional<HubFiles> of(Path folder) {
        return Arrays.asList(ADAPTER, FUSION).stream()
                .filter(files -> files.tensors(folder).isPresent())
                .findFirst();
    }
}
