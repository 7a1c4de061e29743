package io.peft4j.io;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files by hand and from the golden folder. */
final class TestFiles {

    private TestFiles() {}

    static NDManager manager() {
        return NDManager.newBaseManager(Device.cpu(), "PyTorch");
    }

    static byte[] golden(String name) throws IOException {
        try (InputStream in = TestFiles.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    static Path golden(Path folder, String name) throws IOException {
        return Files.write(folder.resolve(name), golden(name));
    }

    /** Returns a file of a header, which may be wrong, and data. */
    static byte[] file(String header, byte... data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .array());
        out.writeBytes(text);
        out.writeBytes(data);
        return out.toByteArray();
    }

    static NDArray tensor(NDManager manager, DType dtype, byte[] bytes, long... shape) {
        return bytes.length == 0
                ? NativeTensors.zeros(manager, dtype, shape)
                : NativeTensors.fromBytes(manager, ByteBuffer.wrap(bytes), dtype, shape);
    }

    static NamedTensor floats(NDManager manager, String name, float... values) {
        return new NamedTensor(name, DType.FLOAT32, manager.create(values));
    }

    static byte[] bytes(NDArray tensor) {
        ByteBuffer bytes = NativeTensors.toBytes(tensor);
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
