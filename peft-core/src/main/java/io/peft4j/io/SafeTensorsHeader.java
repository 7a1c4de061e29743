package io.peft4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, checked against the file's length.
 *
 * <p>A file is the length of the header as 8 little-endian bytes, the header as a JSON object, and the data of the
 * tensors, one after the other without a hole.
 *
 * @param metadata free texts by name
 * @param tensors the tensors in the order of their data
 */
record SafeTensorsHeader(Map<String, String> metadata, List<TensorInfo> tensors) {

    static final int LENGTH_BYTES = 8;

    /** The limit of the official reader. */
    static final int MAX_LENGTH = 100_000_000;

    static final String METADATA = "__metadata__";

    /**
     * Reads the header from the start of a file.
     *
     * @param in the file
     * @param fileSize its length
     * @param file its name, for messages
     */
    static SafeTensorsHeader read(InputStream in, long fileSize, String file) throws IOException {
        byte[] text = text(in, fileSize, file);
        Problems problems = new Problems();
        SafeTensorsHeaderParser parser = new SafeTensorsHeaderParser(LENGTH_BYTES + text.length, fileSize, problems);
        StrictJson.parse(text, problems, parser::header);
        List<TensorInfo> tensors = new ArrayList<>(parser.tensors());
        tensors.sort(Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::bytes));
        if (problems.isEmpty()) {
            checkCoverage(tensors, LENGTH_BYTES + text.length, fileSize, problems);
        }
        problems.throwIfAny(file);
        return new SafeTensorsHeader(parser.metadata(), tensors);
    }

    private static byte[] text(InputStream in, long fileSize, String file) throws IOException {
        if (fileSize < LENGTH_BYTES) {
            throw Problems.fatal(
                    file, "it must begin with 8 bytes for the length of its header, but has only %d bytes", fileSize);
        }
        long length = ByteBuffer.wrap(bytes(in, LENGTH_BYTES, file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        long longest = Math.min(MAX_LENGTH, fileSize - LENGTH_BYTES);
        if (length < 0 || length > longest) {
            throw Problems.fatal(
                    file,
                    "the header claims %s bytes, at most %d are possible: no safetensors file, or one cut short",
                    Long.toUnsignedString(length),
                    longest);
        }
        byte[] text = bytes(in, (int) length, file);
        if (text.length == 0 || text[0] != '{') {
            throw Problems.fatal(file, "the header must begin with '{'");
        }
        return text;
    }

    private static byte[] bytes(InputStream in, int count, String file) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw Problems.fatal(file, "it became shorter while it was read");
        }
        return bytes;
    }

    private static void checkCoverage(List<TensorInfo> tensors, long dataStart, long fileSize, Problems problems) {
        long covered = dataStart;
        for (TensorInfo tensor : tensors) {
            if (tensor.offset() != covered) {
                problems.add(
                        "tensor %s begins at byte %d of the data, but what precedes it ends at %d",
                        Problems.quote(tensor.name()), tensor.offset() - dataStart, covered - dataStart);
            }
            covered = Math.max(covered, tensor.offset() + tensor.bytes());
        }
        if (covered != fileSize) {
            problems.add("the tensors cover %d bytes, the file holds %d", covered - dataStart, fileSize - dataStart);
        }
    }
}
