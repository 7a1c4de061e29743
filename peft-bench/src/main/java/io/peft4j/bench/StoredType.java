package io.peft4j.bench;

import io.peft4j.program.DType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the type that weights are stored in. */
final class StoredType implements ITypeConverter<DType> {

    @Override
    public DType convert(String text) {
        return switch (text) {
            case "float32" -> DType.FLOAT32;
            case "bfloat16" -> DType.BFLOAT16;
            case "float16" -> DType.FLOAT16;
            default -> throw new TypeConversionException("must be float32, bfloat16 or float16: " + text);
        };
    }
}
