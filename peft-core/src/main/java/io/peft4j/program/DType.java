package io.peft4j.program;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;

/** The element type of a tensor, with its number in TorchScript, its name in safetensors and its type in DJL. */
public enum DType {
    BOOL(11, 1, "BOOL", DataType.BOOLEAN),
    UINT8(0, 1, "U8", DataType.UINT8),
    INT8(1, 1, "I8", DataType.INT8),
    INT16(2, 2, "I16", DataType.UNKNOWN),
    INT32(3, 4, "I32", DataType.INT32),
    INT64(4, 8, "I64", DataType.INT64),
    FLOAT16(5, 2, "F16", DataType.FLOAT16),
    /** DJL carries it as an opaque array: only programs may touch it. */
    BFLOAT16(15, 2, "BF16", DataType.UNKNOWN),
    FLOAT32(6, 4, "F32", DataType.FLOAT32),
    FLOAT64(7, 8, "F64", DataType.FLOAT64);

    private final int scalarType;
    private final int bytes;
    private final String safeTensorsName;
    private final DataType djl;

    DType(int scalarType, int bytes, String safeTensorsName, DataType djl) {
        this.scalarType = scalarType;
        this.bytes = bytes;
        this.safeTensorsName = safeTensorsName;
        this.djl = djl;
    }

    /** Returns the number of the type in TorchScript source, where {@code torch.float32} is no value. */
    public int scalarType() {
        return scalarType;
    }

    /** Returns the size of an element. */
    public int bytes() {
        return bytes;
    }

    /** Returns the name in a safetensors header. */
    public String safeTensorsName() {
        return safeTensorsName;
    }

    /** Returns DJL's type, UNKNOWN where DJL has none. */
    public DataType djl() {
        return djl;
    }

    /** Returns whether the type holds fractions, so that gradients exist. */
    public boolean isFloating() {
        return this == FLOAT16 || this == BFLOAT16 || this == FLOAT32 || this == FLOAT64;
    }

    /**
     * Returns the type that a safetensors header names.
     *
     * @throws IllegalArgumentException if no type has that name
     */
    public static DType ofSafeTensors(String name) {
        return Arrays.stream(values())
                .filter(type -> type.safeTensorsName.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown tensor type %s; known: %s"
                        .formatted(
                                name,
                                Arrays.stream(values())
                                        .map(DType::safeTensorsName)
                                        .toList())));
    }
}
