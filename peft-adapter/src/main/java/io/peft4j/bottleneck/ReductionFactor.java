package io.peft4j.bottleneck;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much narrower a bottleneck is than the layer: its size is ⌊D / factor⌋, at least 1.
 *
 * @param factor where no other is given; 0 if every layer has its own
 * @param byLayer other factors for some layers
 * @param size the size itself in the place of all factors; 0 for none
 */
public record ReductionFactor(double factor, SortedMap<Integer, Double> byLayer, int size) {

    private static final double ROUNDING = 1e-9;

    public ReductionFactor {
        byLayer = Collections.unmodifiableSortedMap(new TreeMap<>(byLayer));
        boolean positive = byLayer.values().stream().allMatch(f -> f > 0 && Double.isFinite(f));
        boolean fits = size > 0 ? factor == 0 && byLayer.isEmpty() : factor > 0 || (factor == 0 && !byLayer.isEmpty());
        if (!positive || !fits || size < 0 || !Double.isFinite(factor)) {
            throw new IllegalArgumentException(
                    "a reduction factor must be positive, or a bottleneck size be given instead: factor %s, by layer %s, size %d"
                            .formatted(factor, byLayer, size));
        }
    }

    /** Returns one factor for all layers. */
    public static ReductionFactor of(double factor) {
        return new ReductionFactor(factor, Collections.emptySortedMap(), 0);
    }

    /** Returns one size for all layers. */
    public static ReductionFactor toSize(int size) {
        return new ReductionFactor(0, Collections.emptySortedMap(), size);
    }

    /** Returns a factor for some layers, and one for the others. */
    public static ReductionFactor byLayer(Map<Integer, Double> factors, double others) {
        return new ReductionFactor(others, new TreeMap<>(factors), 0);
    }

    /** Returns the factor of a layer; 0 if there is none, or a size in its place. */
    double in(int layer) {
        return byLayer.getOrDefault(layer, factor);
    }

    /** Returns the size in a layer that has one. */
    int sizeIn(int layer, long width) {
        return size > 0 ? size : Math.toIntExact(Math.max(1, floorDivision(width, in(layer))));
    }

    /** Returns whether nothing of a width is cut off, but for what rounding does to a factor such as 7.68. */
    static boolean divides(long width, double factor) {
        double whole = Math.max(1, floorDivision(width, factor)) * factor;
        return Math.abs(whole - width) <= ROUNDING * width;
    }

    /** Returns the factor that makes one size of a width, which files hold in its place. */
    static double ofSize(int size, long width) {
        double factor = (double) width / size;
        while (floorDivision(width, factor) < size) {
            factor = Math.nextDown(factor);
        }
        return factor;
    }

    /** Returns Python's {@code a // b}. */
    static long floorDivision(long a, double b) {
        double quotient = (a - a % b) / b;
        double floor = Math.floor(quotient);
        return (long) (quotient - floor > 0.5 ? floor + 1 : floor);
    }
}
