package io.peft4j.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many of something; 0 mostly means that there is no limit. */
final class Count implements ITypeConverter<Integer> {

    /** Reads how many of something that cannot be without one. */
    static final class Positive implements ITypeConverter<Integer> {

        @Override
        public Integer convert(String text) {
            return atLeast(1, text);
        }
    }

    @Override
    public Integer convert(String text) {
        return atLeast(0, text);
    }

    private static int atLeast(int least, String text) {
        int count;
        try {
            count = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'%s' is not an int".formatted(text));
        }
        if (count < least) {
            throw new TypeConversionException("must be at least %d: %s".formatted(least, text));
        }
        return count;
    }
}
