package io.peft4j.io;

import io.peft4j.program.DType;
import java.util.List;

/**
 * What a file says of a tensor, and where its data lies.
 *
 * @param name the name, which may be any text
 * @param dtype the element type
 * @param shape the sizes of the dimensions; empty for a scalar
 * @param offset where the data begins, counted from the start of the file
 * @param bytes the length of the data
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long offset, long bytes) {

    public TensorInfo {
        shape = List.copyOf(shape);
    }
}
