package io.peft4j.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The folder where Hugging Face's libraries keep what they downloaded; nothing is downloaded here. */
public final class HubCache {

    private HubCache() {}

    /**
     * Returns the folder of a model by its name on the hub, such as {@code google-bert/bert-base-uncased}.
     *
     * <p>Looks in {@code HF_HUB_CACHE}, {@code HF_HOME/hub}, or {@code ~/.cache/huggingface/hub}; takes the revision that
     * {@code refs/main} names, or the only one.
     *
     * @throws NoSuchFileException if the model is not there
     */
    public static Path find(String name) throws IOException {
        return find(name, hub(System.getenv()));
    }

    static Path find(String name, Path hub) throws IOException {
        Path model = hub.resolve("models--" + name.replace("/", "--")).normalize();
        Path snapshots = model.resolve("snapshots");
        if (!model.startsWith(hub.normalize()) || !Files.isDirectory(snapshots)) {
            throw new NoSuchFileException(
                    name, null, "neither a folder nor a model in %s; download it there first".formatted(hub));
        }
        Path main = model.resolve("refs/main");
        if (Files.exists(main)) {
            return snapshots.resolve(Files.readString(main).strip());
        }
        try (Stream<Path> revisions = Files.list(snapshots)) {
            List<Path> all = revisions.sorted().toList();
            if (all.size() != 1) {
                throw new NoSuchFileException(
                        name,
                        null,
                        "%s has %d revisions and no refs/main; name a folder".formatted(snapshots, all.size()));
            }
            return all.get(0);
        }
    }

    private static Path hub(Map<String, String> environment) {
        if (environment.containsKey("HF_HUB_CACHE")) {
            return Path.of(Objects.requireNonNull(environment.get("HF_HUB_CACHE")));
        }
        if (environment.containsKey("HF_HOME")) {
            return Path.of(Objects.requireNonNull(environment.get("HF_HOME")), "hub");
        }
        return Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub");
    }
}
