package io.peft4j.examples.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the largest norm of the gradients; 0, {@code inf} and {@code none} mean no limit, as in Hugging Face's tools. */
final class ClipNorm implements ITypeConverter<Double> {

    @Override
    public Double convert(String text) {
        if (text.equals("inf") || text.equals("none")) {
            return Double.POSITIVE_INFINITY;
        }
        double norm;
        try {
            norm = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'%s' is neither a number nor inf".formatted(text));
        }
        if (!(norm >= 0)) {
            throw new TypeConversionException("must not be negative: " + text);
        }
        return norm == 0 ? Double.POSITIVE_INFINITY : norm;
    }
}
