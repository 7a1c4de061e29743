package io.peft4j.io;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The weights of a model: the tensors of one file, or of several and their index. */
public final class Checkpoint {

    private static final String SINGLE = "model.safetensors";
    private static final String PICKLED = "pytorch_model.bin";
    private static final List<String> SINGLES = List.of(SINGLE, PICKLED);
    private static final String INDEX = ".index.json";
    private static final Pattern SHARD = Pattern.compile("[^/\\\\:\\x00]+\\.(safetensors|bin)");

    private final Path path;
    private final Map<String, TensorFile> files;

    private Checkpoint(Path path, Map<String, TensorFile> files) {
        this.path = path;
        this.files = files;
    }

    /**
     * Reads the headers of a checkpoint, not its data.
     *
     * @param path a file of tensors, or a folder with {@value #SINGLE} or an index of several and the files it names, or
     *     else the same of {@value #PICKLED}
     * @throws TensorFileException if there is no such file, or what is there is wrong
     */
    public static Checkpoint open(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return new Checkpoint(path, single(path));
        }
        for (String name : SINGLES) {
            if (Files.exists(path.resolve(name))) {
                return new Checkpoint(path, single(path.resolve(name)));
            } else if (Files.exists(path.resolve(name + INDEX))) {
                return new Checkpoint(path, sharded(path, name + INDEX));
            }
        }
        throw new TensorFileException(
                Files.isDirectory(path)
                        ? "%s has none of %s, nor an index of several files".formatted(path, SINGLES)
                        : "%s is neither a folder nor a file".formatted(path));
    }

    /** Returns a text that other files, or another state of these, do not have. */
    public String identity() {
        return files.values().stream().map(TensorFile::identity).distinct().collect(Collectors.joining("; "));
    }

    /** Returns the names of the tensors, in the order of the file or of the index. */
    public List<String> names() {
        return List.copyOf(files.keySet());
    }

    /**
     * Returns what the checkpoint says of a tensor.
     *
     * @throws IllegalArgumentException if it has no tensor of that name
     */
    public TensorInfo info(String name) {
        return file(name).info(name);
    }

    /**
     * Returns a tensor, as {@link TensorFile#tensor} does.
     *
     * @throws IllegalArgumentException if the checkpoint has no tensor of that name
     */
    public NDArray tensor(NDManager owner, String name) throws IOException {
        return file(name).tensor(owner, name);
    }

    /**
     * Returns several tensors by name; each file that can be mapped is mapped once.
     *
     * @throws IllegalArgumentException if the checkpoint has no tensor of some name
     */
    public Map<String, NDArray> tensors(NDManager owner, Collection<String> names) throws IOException {
        Map<TensorFile, List<String>> perFile = new LinkedHashMap<>();
        for (String name : names) {
            perFile.computeIfAbsent(file(name), key -> new ArrayList<>()).add(name);
        }
        Map<String, NDArray> tensors = new HashMap<>();
        for (Map.Entry<TensorFile, List<String>> part : perFile.entrySet()) {
            List<NDArray> read = part.getKey().tensors(owner, part.getValue());
            for (int i = 0; i < read.size(); i++) {
                tensors.put(part.getValue().get(i), read.get(i));
            }
        }
        return tensors;
    }

    private TensorFile file(String name) {
        TensorFile file = files.get(name);
        if (file == null) {
            throw new IllegalArgumentException(Problems.unknown(path, name, files.keySet()));
        }
        return file;
    }

    private static Map<String, TensorFile> single(Path path) throws IOException {
        TensorFile file = TensorFile.open(path);
        Map<String, TensorFile> files = new LinkedHashMap<>();
        file.tensors().forEach(tensor -> files.put(tensor.name(), file));
        return files;
    }

    private static Map<String, TensorFile> sharded(Path folder, String indexName) throws IOException {
        Problems problems = new Problems();
        Path index = folder.resolve(indexName);
        Map<String, String> shardNames = shardNames(PythonJson.read(index), problems);
        Map<String, TensorFile> shards = new TreeMap<>();
        for (String shardName : new TreeSet<>(shardNames.values())) {
            TensorFile shard = shard(folder, shardName, problems);
            if (shard != null) {
                shards.put(shardName, shard);
            }
        }
        Map<String, TensorFile> files = new LinkedHashMap<>();
        shardNames.forEach((name, shardName) -> {
            TensorFile shard = shards.get(shardName);
            if (shard != null) {
                files.put(name, shard);
            }
        });
        checkIndex(shardNames, shards, problems);
        problems.throwIfAny(index.toString());
        return files;
    }

    /** Returns the index's {@code weight_map}: the name of the file by the name of the tensor. */
    private static Map<String, String> shardNames(JsonObject index, Problems problems) {
        Map<String, String> shardNames = new LinkedHashMap<>();
        if (!(index.get("weight_map") instanceof JsonObject map)) {
            problems.add("it needs an object named weight_map");
            return shardNames;
        }
        map.asMap().forEach((name, value) -> {
            if (value instanceof JsonPrimitive text
                    && text.isString()
                    && SHARD.matcher(text.getAsString()).matches()) {
                shardNames.put(name, text.getAsString());
            } else {
                problems.add(
                        "tensor %s: %s is not the name of a .safetensors or .bin file in the same folder",
                        Problems.quote(name), Problems.show(value.toString()));
            }
        });
        return shardNames;
    }

    private static @Nullable TensorFile shard(Path folder, String name, Problems problems) throws IOException {
        try {
            return TensorFile.open(folder.resolve(name));
        } catch (NoSuchFileException | InvalidPathException e) {
            problems.add("file %s is missing", Problems.quote(name));
        } catch (TensorFileException e) {
            problems.add("%s", String.valueOf(e.getMessage()));
        }
        return null;
    }

    private static void checkIndex(Map<String, String> shardNames, Map<String, TensorFile> shards, Problems problems) {
        shards.forEach((shardName, shard) -> {
            Set<String> held = new LinkedHashSet<>();
            shard.tensors().forEach(tensor -> held.add(tensor.name()));
            shardNames.forEach((name, listed) -> {
                boolean here = listed.equals(shardName);
                if (here && !held.contains(name)) {
                    problems.add("tensor %s is not in %s", Problems.quote(name), shardName);
                }
            });
            held.forEach(name -> {
                if (!shardName.equals(shardNames.get(name))) {
                    problems.add("tensor %s in %s is not listed for that file", Problems.quote(name), shardName);
                }
            });
        });
    }
}
