package io.peft4j.io;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.NativeTensors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file whose header was read and found to be right; it holds no resource and may be shared by threads.
 *
 * <p>A tensor is the file's own bytes, mapped when it is asked for and unmapped when it is closed. The file may be
 * replaced in the meantime, as {@link SafeTensorsWriter} does, but must not be written in place, which changes the
 * tensor, or cut, which ends the process.
 */
public final class SafeTensorsFile implements TensorFile {

    private final FileData data;
    private final Map<String, String> metadata;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    private SafeTensorsFile(FileData data, SafeTensorsHeader header) {
        this.data = data;
        metadata = Collections.unmodifiableMap(header.metadata());
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }

    /**
     * Reads and checks the header of a file, not its data.
     *
     * @throws TensorFileException if the file breaks a rule of the format, with all that is wrong
     */
    public static SafeTensorsFile open(Path path) throws IOException {
        FileData.requireLittleEndian(ByteOrder.nativeOrder());
        if (Files.isDirectory(path)) {
            throw Problems.fatal(path.toString(), "it is a folder; name a file");
        }
        FileData data = FileData.of(path);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            return new SafeTensorsFile(data, SafeTensorsHeader.read(in, data.size(), path.toString()));
        }
    }

    /** Returns the free texts of the file by name. */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public String identity() {
        return data.identity();
    }

    /** Returns the tensors in the order of their data. */
    @Override
    public List<TensorInfo> tensors() {
        return List.copyOf(tensors.values());
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = tensors.get(name);
        if (info == null) {
            throw new IllegalArgumentException(Problems.unknown(data.path(), name, tensors.keySet()));
        }
        return info;
    }

    /**
     * {@inheritDoc}
     *
     * <p>In main memory it is a view of the file: its pages are read when they are first used, and writes to it stay
     * private to this process. A tensor is copied instead where it does not begin at a multiple of its element size, or
     * where the system refuses to map so much of the file: Linux maps no more than it has memory. As all that {@link
     * NativeTensors} makes, it takes no part in autograd and is written only through that class.
     */
    @Override
    public NDArray tensor(NDManager owner, String name) throws IOException {
        return data.tensor(owner, info(name));
    }

    @Override
    public List<NDArray> tensors(NDManager owner, List<String> names) throws IOException {
        return data.tensors(owner, names.stream().map(this::info).toList());
    }
}
