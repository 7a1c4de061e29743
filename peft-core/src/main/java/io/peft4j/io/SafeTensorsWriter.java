package io.peft4j.io;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes safetensors files, byte for byte as Hugging Face's writer does. */
public final class SafeTensorsWriter {

    private static final int CHUNK_BYTES = 1 << 20;

    /** The order of the data, which leaves every tensor aligned. */
    private static final List<DType> ORDER = List.of(
            DType.INT64,
            DType.FLOAT64,
            DType.FLOAT32,
            DType.INT32,
            DType.BFLOAT16,
            DType.FLOAT16,
            DType.INT16,
            DType.INT8,
            DType.UINT8,
            DType.BOOL);

    private SafeTensorsWriter() {}

    /**
     * Writes a file, replacing an old one only once all is on the disk.
     *
     * @param tensors the tensors, in any order; arrays of any layout and on any device, which are not changed
     * @param metadata free texts by name; {@code format=pt} is what Hugging Face's libraries look for
     * @throws IllegalArgumentException if a name occurs twice or an array is not of its type, with all that is wrong
     */
    public static void write(Path file, List<NamedTensor> tensors, Map<String, String> metadata) throws IOException {
        SafeTensorsFile.requireLittleEndian(ByteOrder.nativeOrder());
        check(file, tensors, metadata);
        List<NamedTensor> ordered = tensors.stream()
                .sorted(Comparator.comparing((NamedTensor tensor) -> ORDER.indexOf(tensor.dtype()))
                        .thenComparing(NamedTensor::name, PythonJson.BY_CODE_POINT))
                .toList();
        byte[] header = header(ordered, metadata);
        AtomicFile.write(file, out -> {
            out.write(header);
            for (NamedTensor tensor : ordered) {
                writeData(out, tensor);
            }
        });
    }

    private static void check(Path file, List<NamedTensor> tensors, Map<String, String> metadata) {
        Problems problems = new Problems();
        Set<String> names = new HashSet<>(Set.of(SafeTensorsHeader.METADATA));
        for (NamedTensor tensor : tensors) {
            String name = Problems.quote(tensor.name());
            if (!names.add(tensor.name())) {
                problems.add("the name %s is taken", name);
            }
            if (tensor.array().getDataType() != tensor.dtype().djl()) {
                problems.add(
                        "tensor %s is declared %s, but its array is %s",
                        name, tensor.dtype(), tensor.array().getDataType());
            }
            problems.checkText(tensor.name());
        }
        metadata.forEach((key, value) -> {
            problems.checkText(key);
            problems.checkText(value);
        });
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(problems.report("cannot write " + file));
        }
    }

    /** Returns the length of the header and the header. */
    private static byte[] header(List<NamedTensor> tensors, Map<String, String> metadata) {
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            Map<String, String> sorted = new TreeMap<>(PythonJson.BY_CODE_POINT);
            sorted.putAll(metadata);
            appendName(json, SafeTensorsHeader.METADATA).append('{');
            sorted.forEach((key, value) -> StrictJson.appendString(appendName(json, key), value, Character.MAX_VALUE));
            json.append('}');
        }
        long offset = 0;
        for (NamedTensor tensor : tensors) {
            Shape shape = tensor.array().getShape();
            long end = offset + shape.size() * tensor.dtype().bytes();
            appendName(json, tensor.name())
                    .append("{\"dtype\":\"")
                    .append(tensor.dtype().safeTensorsName())
                    .append("\",\"shape\":")
                    .append(Arrays.toString(shape.getShape()).replace(" ", ""))
                    .append(",\"data_offsets\":[")
                    .append(offset)
                    .append(',')
                    .append(end)
                    .append("]}");
            offset = end;
        }
        byte[] text = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        if (padded > SafeTensorsHeader.MAX_LENGTH) {
            throw new IllegalArgumentException("a header may have %d bytes, this would have %d: write several files"
                    .formatted(SafeTensorsHeader.MAX_LENGTH, padded));
        }
        ByteBuffer header =
                ByteBuffer.allocate(SafeTensorsHeader.LENGTH_BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(padded).put(text);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.array();
    }

    private static StringBuilder appendName(StringBuilder json, String name) {
        if (json.charAt(json.length() - 1) != '{') {
            json.append(',');
        }
        return StrictJson.appendString(json, name, Character.MAX_VALUE).append(':');
    }

    /** Writes slice by slice: neither the Java heap nor its buffers need hold a tensor. */
    private static void writeData(OutputStream out, NamedTensor tensor) throws IOException {
        int size = tensor.dtype().bytes();
        int step = CHUNK_BYTES / size;
        try (NDManager main = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray local = NativeTensors.toDevice(main, tensor.array());
            NDArray flat = local.stopGradient().reshape(-1);
            for (long begin = 0; begin < flat.size(); begin += step) {
                long end = Math.min(flat.size(), begin + step);
                try (NDArray slice = flat.get(new NDIndex().addSliceDim(begin, end))) {
                    ByteBuffer bytes = NativeTensors.toBytes(slice);
                    if (bytes.remaining() != (end - begin) * size) {
                        throw new IllegalArgumentException(
                                "tensor %s is declared %s, but its elements do not have %d bytes"
                                        .formatted(Problems.quote(tensor.name()), tensor.dtype(), size));
                    }
                    out.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
                }
            }
        }
    }
}
