package io.peft4j.models.minilm;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where files are kept that can be made again. */
final class CacheFolder {

    static final String PROPERTY = "peft4j.cache";
    static final String VARIABLE = "PEFT4J_CACHE";

    private CacheFolder() {}

    static Path find() {
        return choose(
                System.getProperty(PROPERTY),
                System.getenv(VARIABLE),
                System.getenv("XDG_CACHE_HOME"),
                System.getProperty("user.home"));
    }

    static Path choose(
            @Nullable String property, @Nullable String variable, @Nullable String xdgCacheHome, String home) {
        return Stream.of(path(property), path(variable), path(xdgCacheHome, "peft4j"))
                .flatMap(Stream::ofNullable)
                .findFirst()
                .orElseGet(() -> Path.of(home, ".cache", "peft4j"));
    }

    private static @Nullable Path path(@Nullable String folder, String... below) {
        return folder == null || folder.isBlank() ? null : Path.of(folder, below);
    }
}
