package io.peft4j.io;

import io.peft4j.io.TorchFile.StoredValue;
import io.peft4j.io.TorchValues.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The zip form of torch's files: {@code <root>/data.pkl}, {@code <root>/byteorder} and a file {@code <root>/data/<key>}
 * of numbers for each storage.
 */
final class TorchZip {

    static final String START = "PK\3\4";

    private static final String PICKLE = "/data.pkl";
    private static final int MAX_PICKLE = 100_000_000;

    private TorchZip() {}

    static boolean isStart(byte[] start) {
        byte[] expected = START.getBytes(StandardCharsets.ISO_8859_1);
        return start.length >= expected.length
                && Arrays.equals(start, 0, expected.length, expected, 0, expected.length)
                && (start.length <= SafeTensorsHeader.LENGTH_BYTES || start[SafeTensorsHeader.LENGTH_BYTES] != '{');
    }

    static StoredValue read(FileChannel channel, String file, TorchValues values) throws IOException {
        Map<String, ZipDirectory.Entry> entries = ZipDirectory.read(channel, file);
        List<String> pickles = entries.keySet().stream()
                .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length())
                .toList();
        if (pickles.size() != 1) {
            throw Problems.fatal(
                    file, "a file of torch.save has one entry <name>/data.pkl, this zip has %d", pickles.size());
        }
        String root = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
        ZipDirectory.Entry order = entries.get(root + "/byteorder");
        if (order != null) {
            String text = new String(content(channel, order, file), StandardCharsets.US_ASCII);
            if (!text.equals("little")) {
                throw Problems.fatal(
                        file, "its numbers are %s-endian, only little-endian is read", Problems.show(text));
            }
        }
        byte[] pickle = content(channel, Objects.requireNonNull(entries.get(pickles.get(0))), file);
        Object value = Unpickler.read(new PickleInput(new ByteArrayInputStream(pickle), pickle.length, file), values);
        Map<String, Long> offsets = new HashMap<>();
        for (Storage storage : values.storages().values()) {
            ZipDirectory.Entry entry = entries.get(root + "/data/" + storage.key());
            if (entry != null && values.fits(storage, entry.bytes())) {
                offsets.put(storage.key(), entry.offset());
            }
        }
        return new StoredValue(value, offsets);
    }

    private static byte[] content(FileChannel channel, ZipDirectory.Entry entry, String file) throws IOException {
        if (entry.bytes() > MAX_PICKLE) {
            throw Problems.fatal(file, "its pickle has %d bytes, at most %d are read", entry.bytes(), MAX_PICKLE);
        }
        ByteBuffer content = ByteBuffer.allocate((int) entry.bytes());
        while (content.hasRemaining()) {
            if (channel.read(content, entry.offset() + content.position()) < 0) {
                throw Problems.fatal(file, "it became shorter while it was read");
            }
        }
        return content.array();
    }
}
