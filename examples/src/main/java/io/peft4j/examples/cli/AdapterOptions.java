package io.peft4j.examples.cli;

import io.peft4j.adapter.AdapterFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Which adapters work on the base model; several are stacked in their order. */
final class AdapterOptions {

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "Folder of an adapter; repeatable: several are stacked in their order.")
    private List<Path> folders = new ArrayList<>();

    boolean isEmpty() {
        return folders.isEmpty();
    }

    List<Path> folders() {
        return folders;
    }

    /** Opens the folders. */
    List<AdapterFolder> open() throws IOException {
        List<AdapterFolder> opened = new ArrayList<>();
        Set<Path> names = new HashSet<>();
        for (Path folder : folders) {
            if (!names.add(folder.toAbsolutePath().normalize())) {
                throw new UsageException("--adapter %s is given twice: leave one out".formatted(folder));
            }
            opened.add(AdapterFolder.open(folder));
        }
        return opened;
    }
}
