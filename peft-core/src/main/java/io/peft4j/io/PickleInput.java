package io.peft4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of pickles, of which no more are read, or room is made for, than there can be. */
final class PickleInput {

    private static final int MAX_LINE = 1000;

    private final InputStream in;
    private final String file;
    private long left;
    private long position;

    /**
     * @param left how many bytes the pickles may have
     * @param file the name of the file, for messages
     */
    PickleInput(InputStream in, long left, String file) {
        this.in = in;
        this.left = left;
        this.file = file;
    }

    /** Returns how many bytes were read. */
    long position() {
        return position;
    }

    String file() {
        return file;
    }

    int next() throws IOException {
        require(1);
        int next = in.read();
        if (next < 0) {
            throw fault("it became shorter while it was read");
        }
        left--;
        position++;
        return next;
    }

    byte[] bytes(long count) throws IOException {
        require(count);
        byte[] bytes = in.readNBytes((int) count);
        if (bytes.length < count) {
            throw fault("it became shorter while it was read");
        }
        left -= count;
        position += count;
        return bytes;
    }

    /** Returns an unsigned little-endian number of up to 8 bytes, of which the last may not be negative. */
    long unsigned(int size) throws IOException {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) next() << (8 * i);
        }
        return value;
    }

    /** Returns a little-endian number in two's complement. */
    BigInteger signed(long size) throws IOException {
        byte[] bytes = bytes(size);
        for (int i = 0; i < bytes.length / 2; i++) {
            byte swapped = bytes[i];
            bytes[i] = bytes[bytes.length - 1 - i];
            bytes[bytes.length - 1 - i] = swapped;
        }
        return bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
    }

    double float64() throws IOException {
        return ByteBuffer.wrap(bytes(Double.BYTES)).order(ByteOrder.BIG_ENDIAN).getDouble();
    }

    String text(long length) throws IOException {
        ByteBuffer utf8 = ByteBuffer.wrap(bytes(length));
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(utf8);
            return text.toString();
        } catch (CharacterCodingException e) {
            throw fault("a text before byte %d of the pickle is not UTF-8", position);
        }
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = next(); c != '\n'; c = next()) {
            if (line.length() == MAX_LINE) {
                throw fault("the name before byte %d of the pickle is longer than %d", position, MAX_LINE);
            }
            line.append((char) c);
        }
        return line.toString();
    }

    TensorFileException fault(String format, Object... arguments) {
        return Problems.fatal(file, format, arguments);
    }

    private void require(long count) throws IOException {
        if (count < 0 || count > Math.min(left, Integer.MAX_VALUE - 8)) {
            throw fault(
                    "the pickle asks for %s bytes at byte %d, but at most %d are left",
                    Long.toUnsignedString(count), position, left);
        }
    }
}
