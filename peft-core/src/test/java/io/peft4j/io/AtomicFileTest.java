package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    @TempDir
    private Path folder;

    @Test
    void write_newFile_isAloneInItsFolder() throws IOException {
        AtomicFile.write(folder.resolve("a.json"), "größe\n");

        assertThat(folder.resolve("a.json")).hasContent("größe\n");
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void write_relativePath_isResolved() throws IOException {
        Path relative =
                Path.of("").toAbsolutePath().relativize(folder.resolve("a").toAbsolutePath());

        AtomicFile.write(relative, "x");

        assertThat(folder.resolve("a")).hasContent("x");
    }

    @Test
    void write_oldFile_isSeenWholeUntilReplaced() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, "old");

        AtomicFile.write(file, out -> {
            out.write(new byte[] {'n', 'e'});
            assertThat(file).hasContent("old");
            out.write('w');
        });

        assertThat(file).hasContent("new");
    }

    @Test
    void write_diskFull_keepsOldFile() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, "old");

        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    out.write(new byte[100]);
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot write " + file + ": No space left on device");

        assertOnly(file, "old");
    }

    @Test
    void write_contentFails_keepsOldFile() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, "old");

        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertOnly(file, "old");
    }

    @Test
    void write_folderInTheWay_leavesNothingBehind() throws IOException {
        Path file = Files.createDirectories(folder.resolve("a").resolve("b")).getParent();

        assertThatThrownBy(() -> AtomicFile.write(file, "x"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot write " + file);

        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void write_noFolder_throws() {
        Path file = folder.resolve("none").resolve("a");

        assertThatThrownBy(() -> AtomicFile.write(file, "x"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot write " + file);
    }

    private void assertOnly(Path file, String content) {
        assertThat(file).hasContent(content);
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }
}
