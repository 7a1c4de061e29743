package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            NDArray mapped = NativeTensors.mapFile(
                            manager,
                            file,
                            DType.FLOAT32,
                            List.of(new NativeTensors.Place(0, List.of((long) BYTES / DType.FLOAT32.bytes()))))
                    .get(0);
            long after = ProcessMemory.unread();
            NativeTensors.add(manager, mapped, mapped);

            assertThat(after - before).isGreaterThan(BYTES * 3L / 4);
            assertThat(ProcessMemory.unread() - before).isLessThan(BYTES / 4);
        }
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
