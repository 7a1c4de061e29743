package io.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The rules for {@code --out} and its like, which are checked before anything is loaded or trained. */
final class OutputFolder {

    private OutputFolder() {}

    /**
     * Checks that a folder is there, or can be made.
     *
     * @throws FileSystemException if something is in its way
     */
    static void check(Path folder) throws IOException {
        check("--out", folder);
    }

    /**
     * Checks that the folder of an option is there, or can be made.
     *
     * @throws FileSystemException if something is in its way
     */
    static void check(String option, Path folder) throws IOException {
        Path there = folder.toAbsolutePath().normalize();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            throw new FileSystemException(
                    there.toString(),
                    null,
                    "is no folder, so nothing can be saved in %s %s: name another".formatted(option, folder));
        }
        if (!Files.isWritable(there)) {
            throw new FileSystemException(
                    there.toString(),
                    null,
                    "may not be written, so nothing can be saved in %s %s: name another".formatted(option, folder));
        }
    }

    /**
     * Checks that a file can be written: its folder is there.
     *
     * @throws FileSystemException if it is not, or a folder has that name
     */
    static void checkFile(String option, Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a folder, and %s is a file".formatted(option));
        }
        Path parent = Objects.requireNonNull(file.toAbsolutePath().getParent());
        if (!Files.isDirectory(parent) || !Files.isWritable(parent)) {
            throw new FileSystemException(
                    parent.toString(),
                    null,
                    "is no folder that may be written, so %s cannot be %s: make it, or name another"
                            .formatted(option, file));
        }
    }

    /**
     * Checks that a folder is none of those that are read.
     *
     * @throws UsageException if it is, by whatever name
     */
    static void checkApart(Path folder, List<Path> read) throws IOException {
        checkApart("--out", folder, read);
    }

    /**
     * Checks that what an option names is none of those that are read.
     *
     * @throws UsageException if it is, by whatever name
     */
    static void checkApart(String option, Path written, List<Path> read) throws IOException {
        for (Path other : read) {
            if (Files.exists(written) && Files.exists(other) && Files.isSameFile(written, other)) {
                throw new UsageException("%s %s is what is read (%s), and would be overwritten: name another"
                        .formatted(option, written, other));
            }
        }
    }
}
