package io.peft4j.io;

import ai.djl.ndarray.NDArray;
import io.peft4j.program.DType;

/**
 * A tensor to be written.
 *
 * @param name the name in the file
 * @param dtype the element type; DJL does not know that of a bfloat16 array
 * @param array the values, on any device
 */
public record NamedTensor(String name, DType dtype, NDArray array) {}
