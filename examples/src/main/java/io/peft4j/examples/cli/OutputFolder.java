package io.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The rules for {@code --out}, which are checked before anything is loaded or trained. */
final class OutputFolder {

    private OutputFolder() {}

    /**
     * Checks that a folder is there, or can be made.
     *
     * @throws FileSystemException if something is in its way
     */
    static void check(Path folder) throws IOException {
        Path there = folder.toAbsolutePath().normalize();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            throw new FileSystemException(
                    there.toString(),
                    null,
                    "is no folder, so nothing can be saved in --out %s: name another".formatted(folder));
        }
        if (!Files.isWritable(there)) {
            throw new FileSystemException(
                    there.toString(),
                    null,
                    "may not be written, so nothing can be saved in --out %s: name another".formatted(folder));
        }
    }

    /**
     * Checks that a folder is none of those that are read.
     *
     * @throws UsageException if it is, by whatever name
     */
    static void checkApart(Path folder, List<Path> read) throws IOException {
        for (Path other : read) {
            if (Files.exists(folder) && Files.exists(other) && Files.isSameFile(folder, other)) {
                throw new UsageException("--out %s is what is read (%s), and would be overwritten: name another folder"
                        .formatted(folder, other));
            }
        }
    }
}
