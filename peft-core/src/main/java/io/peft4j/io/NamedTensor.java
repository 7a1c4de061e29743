package io.peft4j.io;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A tensor to be written.
 *
 * @param name the name in the file
 * @param dtype the element type; DJL does not know that of a bfloat16 array
 * @param array the values, on any device
 */
public record NamedTensor(String name, DType dtype, NDArray array) {

    private static final int CHUNK_BYTES = 1 << 20;

    /** Adds what keeps tensors from being written into one file. */
    static void check(List<NamedTensor> tensors, Set<String> taken, Problems problems) {
        Set<String> names = new HashSet<>(taken);
        for (NamedTensor tensor : tensors) {
            String name = Problems.quote(tensor.name());
            if (!names.add(tensor.name())) {
                problems.add("the name %s is taken", name);
            }
            if (tensor.array().getDataType() != tensor.dtype().djl()) {
                problems.add(
                        "tensor %s is declared %s, but its array is %s",
                        name, tensor.dtype(), tensor.array().getDataType());
            }
            problems.checkText(tensor.name());
        }
    }

    /** Returns how many bytes {@link #writeData} writes. */
    long bytes() {
        return array.getShape().size() * dtype.bytes();
    }

    /** Writes slice by slice: neither the Java heap nor its buffers need hold a tensor. */
    void writeData(OutputStream out) throws IOException {
        int size = dtype.bytes();
        int step = CHUNK_BYTES / size;
        try (NDManager main = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray local = NativeTensors.toDevice(main, array);
            NDArray flat = local.stopGradient().reshape(-1);
            for (long begin = 0; begin < flat.size(); begin += step) {
                long end = Math.min(flat.size(), begin + step);
                try (NDArray slice = flat.get(new NDIndex().addSliceDim(begin, end))) {
                    ByteBuffer bytes = NativeTensors.toBytes(slice);
                    if (bytes.remaining() != (end - begin) * size) {
                        throw new IllegalArgumentException(
                                "tensor %s is declared %s, but its elements do not have %d bytes"
                                        .formatted(Problems.quote(name), dtype, size));
                    }
                    out.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
                }
            }
        }
    }
}
