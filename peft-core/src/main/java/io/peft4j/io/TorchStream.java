package io.peft4j.io;

import io.peft4j.io.TorchFile.StoredValue;
import io.peft4j.io.TorchValues.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The form of torch's files before 1.6: pickles of a magic number, a version, the machine, the value and the keys of its
 * storages, then the storages, each its number of elements and these.
 */
final class TorchStream {

    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;
    private static final int MAX_PICKLES = 200_000_000;

    private TorchStream() {}

    static boolean isStart(byte[] start) {
        return start.length > 3
                && start[0] == (byte) 0x80
                && start[2] == (byte) 0x8a
                && start[3] == 10
                && (start.length <= SafeTensorsHeader.LENGTH_BYTES || start[SafeTensorsHeader.LENGTH_BYTES] != '{');
    }

    static StoredValue read(InputStream stream, FileChannel channel, String file, TorchValues values)
            throws IOException {
        PickleInput in = new PickleInput(stream, Math.min(channel.size(), MAX_PICKLES), file);
        if (!Unpickler.read(in, values).equals(MAGIC)) {
            throw in.fault("it is neither a zip file of torch.save nor begins with torch's number");
        }
        if (!(Unpickler.read(in, values) instanceof Long version) || version != VERSION) {
            throw in.fault("its version must be %d", VERSION);
        }
        if (!(Unpickler.read(in, values) instanceof Map<?, ?> machine)
                || !Boolean.TRUE.equals(machine.get("little_endian"))) {
            throw in.fault("its numbers are not little-endian, only these are read");
        }
        Object value = Unpickler.read(in, values);
        if (!(Unpickler.read(in, values) instanceof List<?> keys)) {
            throw in.fault("the value must be followed by a list of storages");
        }
        return new StoredValue(value, offsets(keys, in.position(), channel, values));
    }

    /** Returns where storages begin; after one that does not fit there is no telling. */
    private static Map<String, Long> offsets(List<?> keys, long start, FileChannel channel, TorchValues values)
            throws IOException {
        Map<String, Long> offsets = new HashMap<>();
        long at = start;
        for (Object key : keys) {
            Storage storage = key instanceof String name ? values.storages().get(name) : null;
            if (storage == null) {
                return offsets;
            }
            ByteBuffer elements = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            int read = channel.read(elements, at);
            at += Long.BYTES;
            if (read < Long.BYTES
                    || elements.getLong(0) != storage.elements()
                    || !values.fits(storage, channel.size() - at)) {
                return offsets;
            }
            offsets.put(storage.key(), at);
            at += storage.elements() * storage.dtype().bytes();
        }
        return offsets;
    }
}
