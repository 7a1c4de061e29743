package io.peft4j.bench;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many of something that cannot be without one. */
final class Positive implements ITypeConverter<Integer> {

    @Override
    public Integer convert(String text) {
        int count;
        try {
            count = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'%s' is not an int".formatted(text));
        }
        if (count < 1) {
            throw new TypeConversionException("must be at least 1: " + text);
        }
        return count;
    }
}
