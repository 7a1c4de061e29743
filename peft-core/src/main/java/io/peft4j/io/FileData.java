package io.peft4j.io;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bytes of a file as tensors: mapped where that is possible, else copied. */
final class FileData {

    private static final Logger logger = LoggerFactory.getLogger(FileData.class);
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final Version version;

    /** Tells a file from the one that replaces it; the key is the inode, where there are such. */
    private record Version(long size, FileTime modified, @Nullable Object key) {
        static Version of(Path path) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Version(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    private FileData(Path path, Version version) {
        this.path = path;
        this.version = version;
    }

    /** Remembers a file as it is now. */
    static FileData of(Path path) throws IOException {
        return new FileData(path.toAbsolutePath(), Version.of(path));
    }

    Path path() {
        return path;
    }

    long size() {
        return version.size();
    }

    String identity() {
        return path + " " + version;
    }

    /**
     * Returns a contiguous tensor on the device of its owner.
     *
     * @throws TensorFileException if the file changed since {@link #of}
     */
    NDArray tensor(NDManager owner, TensorInfo info) throws IOException {
        return tensors(owner, List.of(info)).get(0);
    }

    /**
     * Returns contiguous tensors on the device of their owner, those of a type that can be mapped in one call.
     *
     * @throws TensorFileException if the file changed since {@link #of}
     */
    List<NDArray> tensors(NDManager owner, List<TensorInfo> infos) throws IOException {
        if (!version.equals(Version.of(path))) {
            throw new TensorFileException("%s changed since it was opened: open it again".formatted(path));
        }
        Map<TensorInfo, NDArray> tensors = new HashMap<>();
        for (DType dtype : DType.values()) {
            List<TensorInfo> fitting = infos.stream()
                    .filter(info -> info.dtype() == dtype && info.bytes() > 0)
                    .filter(info -> info.offset() % dtype.bytes() == 0)
                    .toList();
            if (!fitting.isEmpty()) {
                map(owner, dtype, fitting, tensors);
            }
        }
        List<NDArray> all = new ArrayList<>();
        for (TensorInfo info : infos) {
            NDArray mapped = tensors.get(info);
            all.add(mapped == null ? copied(owner, info) : mapped);
        }
        return all;
    }

    /** Maps tensors of one type, as far as the system maps so much of the file. */
    private void map(NDManager owner, DType dtype, List<TensorInfo> infos, Map<TensorInfo, NDArray> tensors) {
        List<NativeTensors.Place> places = infos.stream()
                .map(info -> new NativeTensors.Place(info.offset() / dtype.bytes(), info.shape()))
                .toList();
        boolean inPlace = owner.getDevice().equals(Device.cpu());
        try (NDManager passing = NativeTensors.newManager(Device.cpu())) {
            List<NDArray> views = NativeTensors.mapFile(inPlace ? owner : passing, path, dtype, places);
            for (int i = 0; i < infos.size(); i++) {
                tensors.put(infos.get(i), inPlace ? views.get(i) : NativeTensors.toDevice(owner, views.get(i)));
            }
        } catch (EngineException e) {
            if (infos.size() > 1) {
                infos.forEach(info -> map(owner, dtype, List.of(info), tensors));
            } else {
                logger.debug("{} of {} is copied, since it cannot be mapped", infos, path, e);
            }
        }
    }

    private NDArray copied(NDManager owner, TensorInfo info) throws IOException {
        DType dtype = info.dtype();
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        NDArray tensor = NativeTensors.zeros(owner, dtype, shape);
        try (FileChannel channel = FileChannel.open(path)) {
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, info.bytes()));
            for (long done = 0; done < info.bytes(); done += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), info.bytes() - done));
                read(channel, chunk, info.offset() + done);
                long elements = chunk.limit() / dtype.bytes();
                try (NDArray piece = NativeTensors.fromBytes(owner, chunk, dtype, elements);
                        NDArray place = NativeTensors.view(owner, tensor, done / dtype.bytes(), elements)) {
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

    /** The data of tensor files is little-endian, and nothing here swaps bytes. */
    static void requireLittleEndian(ByteOrder order) {
        if (order != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException(
                    "safetensors files hold little-endian data, this machine is big-endian: not supported");
        }
    }
}
