package io.peft4j.io;

import ai.djl.ndarray.types.Shape;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes safetensors files, byte for byte as Hugging Face's writer does. */
public final class SafeTensorsWriter {

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
        FileData.requireLittleEndian(ByteOrder.nativeOrder());
        check(file, tensors, metadata);
        List<NamedTensor> ordered = tensors.stream()
                .sorted(Comparator.comparing((NamedTensor tensor) -> ORDER.indexOf(tensor.dtype()))
                        .thenComparing(NamedTensor::name, PythonJson.BY_CODE_POINT))
                .toList();
        byte[] header = header(ordered, metadata);
        AtomicFile.write(file, out -> {
            out.write(header);
            for (NamedTensor tensor : ordered) {
                tensor.writeData(out);
            }
        });
    }

    private static void check(Path file, List<NamedTensor> tensors, Map<String, String> metadata) {
        Problems problems = new Problems();
        NamedTensor.check(tensors, Set.of(SafeTensorsHeader.METADATA), problems);
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
}
