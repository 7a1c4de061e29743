package io.peft4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the entries of a zip file lie, of which none may be compressed.
 *
 * <p>Java's own reader does not tell, and only who knows where an entry lies can map it.
 */
final class ZipDirectory {

    /** Where an entry's content lies. */
    record Entry(long offset, long bytes) {}

    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int END64 = 0x06064b50;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR = 0x07064b50;
    private static final int LOCATOR_BYTES = 20;
    private static final int CENTRAL = 0x02014b50;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int ZIP64_FIELD = 1;
    private static final long IN_FIELD = 0xffffffffL;
    private static final int MAX_COMMENT = 0xffff;
    private static final int MAX_BYTES = 100_000_000;

    private final FileChannel channel;
    private final String file;
    private final long size;

    private ZipDirectory(FileChannel channel, String file) throws IOException {
        this.channel = channel;
        this.file = file;
        size = channel.size();
    }

    /**
     * Returns the entries by name, in the order of the directory.
     *
     * @throws TensorFileException if the directory or an entry does not lie in the file, or an entry is compressed
     */
    static Map<String, Entry> read(FileChannel channel, String file) throws IOException {
        return new ZipDirectory(channel, file).entries();
    }

    private Map<String, Entry> entries() throws IOException {
        ByteBuffer directory = directory();
        Problems problems = new Problems();
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (directory.hasRemaining()) {
            int at = directory.position();
            if (directory.remaining() < CENTRAL_BYTES || directory.getInt(at) != CENTRAL) {
                throw fault("the zip directory has no entry at its byte %d", at);
            }
            int name = unsigned16(directory, at + 28);
            int extra = unsigned16(directory, at + 30);
            int length = CENTRAL_BYTES + name + extra + unsigned16(directory, at + 32);
            if (length > directory.remaining()) {
                throw fault("the zip directory ends within the entry at its byte %d", at);
            }
            String text = text(directory, at + CENTRAL_BYTES, name);
            if (unsigned16(directory, at + 10) != 0 || (unsigned16(directory, at + 8) & 1) != 0) {
                problems.add(
                        "entry %s is compressed or encrypted, which torch.save never does: save it anew",
                        Problems.quote(text));
            } else if (entries.put(text, entry(directory.slice(at, length), text, CENTRAL_BYTES + name, extra))
                    != null) {
                problems.add("the name %s occurs twice", Problems.quote(text));
            }
            directory.position(at + length);
        }
        problems.throwIfAny(file);
        return entries;
    }

    private ByteBuffer directory() throws IOException {
        long tailStart = Math.max(0, size - END_BYTES - MAX_COMMENT);
        ByteBuffer tail = read(tailStart, (int) (size - tailStart));
        int end = tail.limit() - END_BYTES;
        while (end >= 0 && tail.getInt(end) != END) {
            end--;
        }
        if (end < 0) {
            throw fault("it begins as a zip file but has no directory at its end: it was cut short");
        }
        long bytes = unsigned32(tail, end + 12);
        long offset = unsigned32(tail, end + 16);
        if (end >= LOCATOR_BYTES && tail.getInt(end - LOCATOR_BYTES) == LOCATOR) {
            ByteBuffer end64 = read(tail.getLong(end - LOCATOR_BYTES + 8), END64_BYTES);
            if (end64.getInt(0) != END64) {
                throw fault("the end of the zip directory is not where it should be");
            }
            bytes = end64.getLong(40);
            offset = end64.getLong(48);
        }
        if (bytes < 0 || bytes > MAX_BYTES) {
            throw fault(
                    "the zip directory claims %s bytes, at most %d are read", Long.toUnsignedString(bytes), MAX_BYTES);
        }
        return read(offset, (int) bytes);
    }

    private Entry entry(ByteBuffer central, String name, int extraStart, int extraBytes) throws IOException {
        central.order(ByteOrder.LITTLE_ENDIAN);
        long bytes = unsigned32(central, 24);
        long local = unsigned32(central, 42);
        int wide = field(central, extraStart, extraBytes, name);
        if (unsigned32(central, 24) == IN_FIELD) {
            bytes = wideNumber(central, wide, name);
            wide += Long.BYTES;
        }
        if (unsigned32(central, 20) == IN_FIELD) {
            wide += Long.BYTES;
        }
        if (local == IN_FIELD) {
            local = wideNumber(central, wide, name);
        }
        ByteBuffer header = read(local, LOCAL_BYTES);
        if (header.getInt(0) != LOCAL) {
            throw fault("entry %s does not begin where the zip directory says", Problems.quote(name));
        }
        long offset = local + LOCAL_BYTES + unsigned16(header, 26) + unsigned16(header, 28);
        if (bytes < 0 || offset > size || bytes > size - offset) {
            throw fault(
                    "entry %s claims %s bytes from %d on, the file holds %d",
                    Problems.quote(name), Long.toUnsignedString(bytes), offset, size);
        }
        return new Entry(offset, bytes);
    }

    /** Returns where the wide numbers of an entry begin, or the end of the entry if it has none. */
    private int field(ByteBuffer central, int start, int bytes, String name) throws IOException {
        int at = start;
        while (at + 4 <= start + bytes) {
            if (unsigned16(central, at) == ZIP64_FIELD) {
                return at + 4;
            }
            at += 4 + unsigned16(central, at + 2);
        }
        if (at > start + bytes) {
            throw fault("the extra fields of entry %s do not fit", Problems.quote(name));
        }
        return central.limit();
    }

    private long wideNumber(ByteBuffer central, int at, String name) throws IOException {
        if (at + Long.BYTES > central.limit()) {
            throw fault("entry %s lacks its 64-bit numbers", Problems.quote(name));
        }
        return central.getLong(at);
    }

    private ByteBuffer read(long offset, int bytes) throws IOException {
        if (offset < 0 || offset > size - bytes) {
            throw fault("%d bytes at %s are not within the file's %d", bytes, Long.toUnsignedString(offset), size);
        }
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw fault("it became shorter while it was read");
            }
        }
        return buffer.flip();
    }

    private static String text(ByteBuffer from, int at, int length) {
        byte[] utf8 = new byte[length];
        from.get(at, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static int unsigned16(ByteBuffer from, int at) {
        return Short.toUnsignedInt(from.getShort(at));
    }

    private static long unsigned32(ByteBuffer from, int at) {
        return Integer.toUnsignedLong(from.getInt(at));
    }

    private TensorFileException fault(String format, Object... arguments) {
        return Problems.fatal(file, format, arguments);
    }
}
