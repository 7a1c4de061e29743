package io.peft4j.bottleneck;

import java.math.BigInteger;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The sizes that go into a width a whole number of times, or that it goes into.
 *
 * @param width of the layer
 * @param multiple what sizes are multiples of, which divides the width
 */
record WholeSizes(long width, int multiple) {

    /** Returns the greatest number that divides both of two. */
    static long common(long width, long size) {
        return BigInteger.valueOf(width).gcd(BigInteger.valueOf(size)).longValueExact();
    }

    /** Returns the factors next to one, with what they make of the width: {@code 8 (size 96) or 6 (size 128)}. */
    String nearFactor(double factor) {
        double wanted = width / factor;
        long most = Math.max(1, (long) Math.ceil(wanted / width)) * width;
        return next((long) wanted, most, this::isWhole)
                .mapToObj(size -> "%s (size %d)".formatted(BottleneckFile.number((double) width / size), size))
                .collect(Collectors.joining(" or "));
    }

    /** Returns the divisors next to a number: {@code 4 or 6}. */
    String near(int number) {
        return next(number, width, size -> width % size == 0)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" or "));
    }

    /** Returns the greatest that is small enough and the least that is greater, the smaller first. */
    private static LongStream next(long number, long most, LongPredicate fits) {
        LongStream greater =
                LongStream.rangeClosed(number + 1, most).filter(fits).limit(1);
        LongStream smaller = LongStream.iterate(Math.min(number, most), size -> size >= 1, size -> size - 1)
                .filter(fits)
                .limit(1);
        return LongStream.concat(smaller, greater);
    }

    private boolean isWhole(long size) {
        return size % multiple == 0 && (width % size == 0 || size % width == 0);
    }
}
