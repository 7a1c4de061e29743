package io.peft4j.io;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Python's {@code repr} of a finite float: the fewest digits that identify it, the nearest of those. */
final class PythonFloat {

    private static final int MAX_DIGITS = 17;

    private PythonFloat() {}

    static String repr(double value) {
        if (value == 0) {
            return Double.toString(value);
        }
        String sign = value < 0 ? "-" : "";
        BigDecimal shortest = shortest(Math.abs(value)).stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        return sign + place(digits, digits.length() - shortest.scale());
    }

    /** Java 17's {@code Double.toString} at times takes a digit too many. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        return IntStream.rangeClosed(1, MAX_DIGITS)
                .boxed()
                .flatMap(count -> Stream.of(RoundingMode.HALF_EVEN, RoundingMode.DOWN, RoundingMode.UP)
                        .map(rounding -> exact.round(new MathContext(count, rounding))))
                .filter(candidate -> candidate.doubleValue() == value)
                .findFirst()
                .orElseThrow();
    }

    /** Returns 0.digits·10^point, with an exponent outside [1e-4, 1e16). */
    private static String place(String digits, int point) {
        if (point <= -4 || point > 16) {
            int exponent = point - 1;
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            String size = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
            return digits.charAt(0) + fraction + (exponent < 0 ? "e-" : "e+") + size;
        } else if (point <= 0) {
            return "0." + "0".repeat(-point) + digits;
        } else if (point >= digits.length()) {
            return digits + "0".repeat(point - digits.length()) + ".0";
        }
        return digits.substring(0, point) + "." + digits.substring(point);
    }
}
