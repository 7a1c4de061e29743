package io.peft4j.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * Any bytes are a header or a {@link TensorFileException}.
 *
 * <p>A test run tries the seeds; with {@code JAZZER_FUZZ=1} in the environment and {@code -Djazzer.hooks=true} it
 * searches for more.
 */
class SafeTensorsHeaderFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void read_anyBytes_isReadOrRefused(byte[] file) throws IOException {
        try {
            SafeTensorsHeader header = SafeTensorsHeader.read(new ByteArrayInputStream(file), file.length, "fuzz");
            for (TensorInfo tensor : header.tensors()) {
                if (tensor.offset() + tensor.bytes() > file.length) {
                    throw new AssertionError(tensor + " ends beyond the file");
                }
            }
        } catch (TensorFileException e) {
            // the right answer to most bytes
        }
    }
}
