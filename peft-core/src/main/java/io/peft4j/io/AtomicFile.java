package io.peft4j.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes that either replace a file as a whole or leave it as it was, whatever fails.
 *
 * <p>The content goes to a temporary file in the same folder, is forced to the disk, and takes the file's name in one
 * step; a symbolic link is replaced too, not followed. A process that is killed may leave a temporary file, {@code .<name>.<uuid>.tmp}, behind.
 */
public final class AtomicFile {

    /** What is written. */
    @FunctionalInterface
    public interface Content {
        /** Writes the content. */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /** Writes a text as UTF-8. */
    public static void write(Path file, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        write(file, out -> out.write(utf8));
    }

    /**
     * Writes what the content gives.
     *
     * @throws IOException naming the file, if the content or the disk fails; the file is as it was
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        if (!Files.isDirectory(target.resolveSibling("."))) {
            throw new IOException("cannot write %s: there is no folder %s".formatted(target, target.getParent()));
        }
        Path temporary = target.resolveSibling(".%s.%s.tmp".formatted(target.getFileName(), UUID.randomUUID()));
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(Channels.newOutputStream(channel));
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            delete(temporary, e);
            throw new IOException("cannot write %s: %s".formatted(target, e.getMessage()), e);
        } catch (RuntimeException | Error e) {
            delete(temporary, e);
            throw e;
        }
        force(target.resolveSibling("."));
    }

    private static void delete(Path temporary, Throwable cause) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Makes the new name durable, which some systems do not offer and the content does not depend on. */
    private static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows opens no folders; the file is complete under its name all the same.
        }
    }
}
