package io.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The folders that {@code --adapter} names. */
final class AdapterFolders {

    private static final String CONFIG = "adapter_config.json";

    private AdapterFolders() {}

    /** Returns the folders, those that hold no adapter themselves replaced by their adapters in alphabetical order. */
    static List<Path> expand(List<Path> folders) throws IOException {
        List<Path> all = new ArrayList<>();
        for (Path folder : folders) {
            List<Path> inside = isAdapter(folder) ? List.of() : inside(folder);
            all.addAll(inside.isEmpty() ? List.of(folder.toAbsolutePath().normalize()) : inside);
        }
        return all;
    }

    private static List<Path> inside(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(AdapterFolders::isAdapter).sorted().toList();
        }
    }

    private static boolean isAdapter(Path folder) {
        return Files.exists(folder.resolve(CONFIG));
    }
}
