package io.peft4j.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Cases that other libraries computed; they are resources, and folders of a file system for whoever reads them. */
public final class Goldens {

    private static final Path ROOT = extract();

    private Goldens() {}

    /** Returns the folder of a case or a base model, such as {@code hf/bert/lora}. */
    public static Path folder(String name) {
        Path folder = ROOT.resolve(name);
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("no golden case " + name);
        }
        return folder;
    }

    private static Path extract() {
        try {
            URI uri =
                    Objects.requireNonNull(Goldens.class.getResource("/golden")).toURI();
            if (uri.getScheme().equals("file")) {
                return Path.of(uri);
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return copy(jar.getPath("/golden"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path copy(Path from) throws IOException {
        Path to = Files.createTempDirectory("golden");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                target.toFile().deleteOnExit();
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return to;
    }
}
