package io.peft4j.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The folder where Hugging Face's libraries keep what they downloaded; nothing is downloaded here. */
public final class HubCache {

    private static final Pattern NAME = Pattern.compile("(?:[\\w.-]+/)?[\\w.-]+");
    private static final Pattern REVISION = Pattern.compile("[\\w.-]+(?:/[\\w.-]+)*");

    private HubCache() {}

    /**
     * Returns the folder of a model by its name on the hub, such as {@code google-bert/bert-base-uncased}; a revision may
     * follow, as in {@code gpt2@main}.
     *
     * <p>Looks in {@code HF_HUB_CACHE}, {@code HUGGINGFACE_HUB_CACHE}, {@code HF_HOME/hub}, {@code
     * XDG_CACHE_HOME/huggingface/hub} or {@code ~/.cache/huggingface/hub}, whichever is given first; takes the revision
     * that {@code refs/main} names, or the only one.
     *
     * @throws NoSuchFileException if the model, or its revision, is not there
     */
    public static Path find(String name) throws IOException {
        return find(name, hub(System.getenv()));
    }

    static Path find(String asked, Path hub) throws IOException {
        int at = asked.indexOf('@');
        String name = at < 0 ? asked : asked.substring(0, at);
        Path snapshots = hub.resolve("models--" + name.replace("/", "--")).resolve("snapshots");
        if (!NAME.matcher(name).matches() || !Files.isDirectory(snapshots)) {
            throw missing(asked, "neither a folder nor a model in %s; download it there first".formatted(hub));
        }
        String revision = at < 0 ? "main" : asked.substring(at + 1);
        if (revision.contains("..") || !REVISION.matcher(revision).matches()) {
            throw missing(asked, "%s is no name of a revision".formatted(revision));
        }
        Path reference = snapshots.resolveSibling("refs").resolve(revision);
        if (Files.isRegularFile(reference)) {
            return snapshot(asked, snapshots, Files.readString(reference).strip());
        }
        return at < 0 ? onlySnapshot(asked, snapshots) : snapshot(asked, snapshots, revision);
    }

    private static Path snapshot(String asked, Path snapshots, String commit) throws IOException {
        Path folder = snapshots.resolve(commit).normalize();
        if (!snapshots.normalize().equals(folder.getParent()) || !Files.isDirectory(folder)) {
            throw missing(
                    asked, "revision %s is not among %s; download it there first".formatted(commit, names(snapshots)));
        }
        return folder;
    }

    private static Path onlySnapshot(String asked, Path snapshots) throws IOException {
        List<String> all = names(snapshots);
        if (all.size() != 1) {
            throw missing(
                    asked,
                    "%s has %d revisions and no refs/main; name one as in NAME@REVISION"
                            .formatted(snapshots, all.size()));
        }
        return snapshots.resolve(all.get(0));
    }

    private static List<String> names(Path snapshots) throws IOException {
        try (Stream<Path> revisions = Files.list(snapshots)) {
            return revisions
                    .map(path -> String.valueOf(path.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static NoSuchFileException missing(String asked, String reason) {
        return new NoSuchFileException(asked, null, reason);
    }

    /** Returns the cache that the environment says; empty variables count as not there. */
    static Path hub(Map<String, String> environment) {
        for (String variable : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
            if (!environment.getOrDefault(variable, "").isEmpty()) {
                return Path.of(environment.getOrDefault(variable, ""));
            }
        }
        String home = environment.getOrDefault("HF_HOME", "");
        String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path otherwise = caches.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(caches);
        return (home.isEmpty() ? otherwise.resolve("huggingface") : Path.of(home)).resolve("hub");
    }
}
