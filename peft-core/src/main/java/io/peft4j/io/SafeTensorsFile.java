package io.peft4j.io;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.NativeTensors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A safetensors file whose header was read and found to be right; it holds no resource and may be shared by threads.
 *
 * <p>A tensor is the file's own bytes, mapped when it is asked for and unmapped when it is closed. The file may be
 * replaced in the meantime, as {@link SafeTensorsWriter} does, but must not be written in place, which changes the
 * tensor, or cut, which ends the process.
 */
public final class SafeTensorsFile {

    private static final Logger logger = LoggerFactory.getLogger(SafeTensorsFile.class);
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final Version version;
    private final Map<String, String> metadata;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    /** Returns a text that another file, or another state of this one, does not have. */
    public String identity() {
        return path + " " + version;
    }

    /** Tells a file from the one that replaces it; the key is the inode, where there are such. */
    private record Version(long size, FileTime modified, @Nullable Object key) {
        static Version of(BasicFileAttributes attributes) {
            return new Version(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    private SafeTensorsFile(Path path, Version version, SafeTensorsHeader header) {
        this.path = path;
        this.version = version;
        metadata = Collections.unmodifiableMap(header.metadata());
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }

    /**
     * Reads and checks the header of a file, not its data.
     *
     * @throws TensorFileException if the file breaks a rule of the format, with all that is wrong
     */
    public static SafeTensorsFile open(Path path) throws IOException {
        requireLittleEndian(ByteOrder.nativeOrder());
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            SafeTensorsHeader header = SafeTensorsHeader.read(in, attributes.size(), path.toString());
            return new SafeTensorsFile(path.toAbsolutePath(), Version.of(attributes), header);
        }
    }

    /** Returns the free texts of the file by name. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Returns the tensors in the order of their data. */
    public List<TensorInfo> tensors() {
        return List.copyOf(tensors.values());
    }

    /**
     * Returns what the file says of a tensor.
     *
     * @throws IllegalArgumentException if the file has no tensor of that name
     */
    public TensorInfo info(String name) {
        TensorInfo info = tensors.get(name);
        if (info == null) {
            throw new IllegalArgumentException(Problems.unknown(path, name, tensors.keySet()));
        }
        return info;
    }

    /**
     * Returns a tensor on the device of its owner.
     *
     * <p>In main memory it is a view of the file: its pages are read when they are first used, and writes to it stay
     * private to this process. A tensor is copied instead where it does not begin at a multiple of its element size, or
     * where the system refuses to map so much of the file: Linux maps no more than it has memory. As all that {@link
     * NativeTensors} makes, it takes no part in autograd and is written only through that class.
     *
     * @param owner the manager that the tensor is attached to
     * @throws IllegalArgumentException if the file has no tensor of that name
     * @throws TensorFileException if the file changed since it was opened
     */
    public NDArray tensor(NDManager owner, String name) throws IOException {
        TensorInfo info = info(name);
        if (!version.equals(Version.of(Files.readAttributes(path, BasicFileAttributes.class)))) {
            throw new TensorFileException("%s changed since it was opened: open it again".formatted(path));
        }
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        if (info.bytes() == 0) {
            return NativeTensors.zeros(owner, info.dtype(), shape);
        }
        if (info.offset() % info.dtype().bytes() == 0) {
            try {
                return mapped(owner, info, shape);
            } catch (EngineException e) {
                logger.debug("{} of {} is copied, since it cannot be mapped", name, path, e);
            }
        }
        return copied(owner, info, shape);
    }

    private NDArray mapped(NDManager owner, TensorInfo info, long[] shape) {
        if (!owner.getDevice().equals(Device.cpu())) {
            try (NDManager main = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
                return NativeTensors.toDevice(owner, mapped(main, info, shape));
            }
        }
        long first = info.offset() / info.dtype().bytes();
        long elements = info.bytes() / info.dtype().bytes();
        try (NDArray file = NativeTensors.mapFile(owner, path, info.dtype(), first + elements)) {
            return NativeTensors.view(owner, file, first, shape);
        }
    }

    private NDArray copied(NDManager owner, TensorInfo info, long[] shape) throws IOException {
        NDArray tensor = NativeTensors.zeros(owner, info.dtype(), shape);
        try (FileChannel channel = FileChannel.open(path)) {
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, info.bytes()));
            for (long done = 0; done < info.bytes(); done += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), info.bytes() - done));
                read(channel, chunk, info.offset() + done);
                long elements = chunk.limit() / info.dtype().bytes();
                try (NDArray piece = NativeTensors.fromBytes(owner, chunk, info.dtype(), elements);
                        NDArray place = NativeTensors.view(
                                owner, tensor, done / info.dtype().bytes(), elements)) {
                    NativeTensors.copy(place, piece);
                }
            }
            return tensor;
        } catch (IOException | RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    private void read(FileChannel channel, ByteBuffer chunk, long offset) throws IOException {
        while (chunk.hasRemaining()) {
            if (channel.read(chunk, offset + chunk.position()) < 0) {
                throw new TensorFileException("%s became shorter while it was read".formatted(path));
            }
        }
        chunk.flip();
    }

    /** The data of a safetensors file is little-endian, and nothing here swaps bytes. */
    static void requireLittleEndian(ByteOrder order) {
        if (order != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException(
                    "safetensors files hold little-endian data, this machine is big-endian: not supported");
        }
    }
}
