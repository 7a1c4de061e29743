package io.peft4j.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Any bytes are a pickle of tensors, one with problems, or a {@link TensorFileException}. */
class UnpicklerFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void read_anyBytes_isReadOrRefused(byte[] pickle) throws IOException {
        Problems problems = new Problems();
        try {
            PickleInput in = new PickleInput(new ByteArrayInputStream(pickle), pickle.length, "fuzz");
            Unpickler.read(in, new TorchValues(problems));
            problems.throwIfAny("fuzz");
        } catch (TensorFileException e) {
            // the right answer to most bytes
        }
    }
}
