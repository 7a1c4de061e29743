package io.peft4j.bench;

import io.peft4j.program.DType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the type that models compute in. */
final class Precision implements ITypeConverter<DType> {

    @Override
    public DType convert(String text) {
        return switch (text) {
            case "float32" -> DType.FLOAT32;
            case "bfloat16" -> DType.BFLOAT16;
            default -> throw new TypeConversionException("must be float32 or bfloat16: " + text);
        };
    }
}
