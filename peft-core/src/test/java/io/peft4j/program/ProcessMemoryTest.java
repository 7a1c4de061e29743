package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ProcessMemoryTest {

    private static final int BYTES = 64 << 20;

    /** Less than glibc maps by itself. */
    private static final int TEMPORARY = 24 << 20;

    @Test
    @EnabledOnOs(OS.LINUX)
    void unread_mappedFile_countsUntilItIsRead(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("data"), new byte[BYTES]);
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            long before = ProcessMemory.unread();
            NDArray mapped = map(manager, file);
            long after = ProcessMemory.unread();
            NativeTensors.add(manager, mapped, mapped);

            assertThat(after - before).isGreaterThan(BYTES * 3L / 4);
            assertThat(ProcessMemory.unread() - before).isLessThan(BYTES / 4);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void releaseMapped_fileThatWasRead_goesAndIsThereAgain(@TempDir Path folder) throws IOException {
        byte[] data = new byte[BYTES];
        Arrays.fill(data, (byte) 64);
        Path file = Files.write(folder.resolve("data"), data);
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray mapped = map(manager, file);
            float read = mapped.max().getFloat();
            long unread = ProcessMemory.unread();

            NativeTensors.releaseMapped();

            assertThat(ProcessMemory.unread() - unread).isGreaterThan(BYTES * 3L / 4);
            assertThat(mapped.max().getFloat()).isEqualTo(read).isGreaterThan(1);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void releaseMapped_fileThatWasWrittenTo_keepsWhatWasWritten(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("data"), new byte[BYTES]);
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            NDArray mapped = map(manager, file);
            NativeTensors.fill(mapped, 7);

            NativeTensors.releaseMapped();

            assertThat(mapped.min().getFloat()).isEqualTo(7);
        }
    }

    private static NDArray map(NDManager manager, Path file) {
        List<Long> shape = List.of((long) BYTES / DType.FLOAT32.bytes());
        return NativeTensors.mapFile(manager, file, DType.FLOAT32, List.of(new NativeTensors.Place(0, shape)))
                .get(0);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void keepFreed_temporaryFreed_staysUntilReleased() {
        ProcessMemory.keepFreed();
        try (NDManager manager = NativeTensors.newManager(Device.cpu())) {
            ProcessMemory.release();
            long before = ProcessMemory.resident();
            NativeTensors.normal(manager, DType.FLOAT32, 1, 1, TEMPORARY / DType.FLOAT32.bytes())
                    .close();
            long freed = ProcessMemory.resident();
            ProcessMemory.release();

            assertThat(freed - before).isGreaterThan(TEMPORARY * 3L / 4);
            assertThat(ProcessMemory.resident() - before).isLessThan(TEMPORARY / 4);
        }
    }
}
