package io.peft4j.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/** A zip file of entries that are not compressed and begin at multiples of 64, so that they can be mapped. */
final class StoredZip {

    static final int ALIGNMENT = 64;

    private static final long WIDE = 0xffffffffL;
    private static final short VERSION = 45;
    private static final short FLAGS = 0x0808;
    private static final short PADDING_FIELD = 0x4246;
    private static final int LOCAL_BYTES = 30;

    private record Entry(String path, long offset, long bytes, int crc) {}

    private final OutputStream out;
    private final String root;
    private final List<Entry> entries = new ArrayList<>();
    private long position;

    /**
     * @param root the folder of all entries
     */
    StoredZip(OutputStream out, String root) {
        this.out = out;
        this.root = root;
    }

    void entry(String name, byte[] content) throws IOException {
        entry(name, content.length, stream -> stream.write(content));
    }

    /** Adds an entry whose checksum follows its content. */
    void entry(String name, long bytes, AtomicFile.Content content) throws IOException {
        byte[] path = (root + "/" + name).getBytes(StandardCharsets.UTF_8);
        long offset = position;
        int padding = (int) Math.floorMod(-(offset + LOCAL_BYTES + path.length + 4), (long) ALIGNMENT);
        ByteBuffer header = buffer(LOCAL_BYTES + path.length + 4 + padding);
        header.putInt(0x04034b50).putShort(VERSION).putShort(FLAGS).putShort((short) 0);
        header.putInt(0).putInt(0).putInt(0).putInt(0);
        header.putShort((short) path.length).putShort((short) (4 + padding)).put(path);
        header.putShort(PADDING_FIELD).putShort((short) padding);
        write(header);
        CheckedOutputStream checked = new CheckedOutputStream(out, new CRC32());
        content.writeTo(checked);
        position += bytes;
        int crc = (int) checked.getChecksum().getValue();
        ByteBuffer descriptor =
                buffer(bytes < WIDE ? 16 : 24).putInt(0x08074b50).putInt(crc);
        write(
                bytes < WIDE
                        ? descriptor.putInt((int) bytes).putInt((int) bytes)
                        : descriptor.putLong(bytes).putLong(bytes));
        entries.add(new Entry(root + "/" + name, offset, bytes, crc));
    }

    /** Writes the directory. */
    void end() throws IOException {
        long start = position;
        for (Entry entry : entries) {
            write(central(entry));
        }
        long bytes = position - start;
        long end = position;
        ByteBuffer last = buffer(56 + 20 + 22);
        last.putInt(0x06064b50)
                .putLong(44)
                .putShort(VERSION)
                .putShort(VERSION)
                .putInt(0)
                .putInt(0);
        last.putLong(entries.size()).putLong(entries.size()).putLong(bytes).putLong(start);
        last.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        short count = (short) Math.min(entries.size(), 0xffff);
        last.putInt(0x06054b50).putInt(0).putShort(count).putShort(count);
        last.putInt((int) Math.min(bytes, WIDE))
                .putInt((int) Math.min(start, WIDE))
                .putShort((short) 0);
        write(last);
    }

    /** Numbers that 32 bits do not hold are in an extra field, in the order of the directory. */
    private static ByteBuffer central(Entry entry) {
        byte[] path = entry.path().getBytes(StandardCharsets.UTF_8);
        boolean wideSize = entry.bytes() >= WIDE;
        boolean wideOffset = entry.offset() >= WIDE;
        int wide = (wideSize ? 16 : 0) + (wideOffset ? 8 : 0);
        int extra = wide == 0 ? 0 : 4 + wide;
        int bytes = (int) Math.min(entry.bytes(), WIDE);
        ByteBuffer header = buffer(46 + path.length + extra);
        header.putInt(0x02014b50)
                .putShort(VERSION)
                .putShort(VERSION)
                .putShort(FLAGS)
                .putShort((short) 0)
                .putInt(0);
        header.putInt(entry.crc()).putInt(bytes).putInt(bytes);
        header.putShort((short) path.length).putShort((short) extra).putShort((short) 0);
        header.putInt(0).putInt(0).putInt((int) Math.min(entry.offset(), WIDE)).put(path);
        if (wide > 0) {
            header.putShort((short) 1).putShort((short) wide);
        }
        if (wideSize) {
            header.putLong(entry.bytes()).putLong(entry.bytes());
        }
        if (wideOffset) {
            header.putLong(entry.offset());
        }
        return header;
    }

    private void write(ByteBuffer full) throws IOException {
        byte[] bytes = new byte[full.capacity()];
        full.rewind().get(bytes);
        out.write(bytes);
        position += bytes.length;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
