package io.peft4j.program;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A dimension of a shape: a polynomial over named sizes, such as {@code 768}, {@code B}, {@code B*T} or {@code T + 20}.
 *
 * <p>Named sizes get their values when a program runs, so one program serves every batch size and length.
 */
public final class Dim {

    /** Coefficient by monomial; a monomial is its sorted names joined by {@code *}, the constant's is empty. */
    private final NavigableMap<String, Long> terms;

    private Dim(Map<String, Long> terms) {
        this.terms = new TreeMap<>(terms);
        this.terms.values().removeIf(coefficient -> coefficient == 0);
    }

    /** Returns a known size. */
    public static Dim of(long size) {
        return new Dim(Map.of("", size));
    }

    /** Returns a size that is known when the program runs. */
    public static Dim named(String name) {
        return new Dim(Map.of(name, 1L));
    }

    /** Returns the sum. */
    public Dim plus(Dim other) {
        Map<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((monomial, coefficient) -> sum.merge(monomial, coefficient, Long::sum));
        return new Dim(sum);
    }

    /** Returns the product. */
    public Dim times(Dim other) {
        Map<String, Long> product = new TreeMap<>();
        terms.forEach((a, x) -> other.terms.forEach((b, y) -> product.merge(multiply(a, b), x * y, Long::sum)));
        return new Dim(product);
    }

    /** Returns whether the size is known. */
    public boolean isConstant() {
        return terms.isEmpty() || terms.keySet().equals(Set.of(""));
    }

    /**
     * Returns the known size.
     *
     * @throws IllegalStateException if the size is not known before the program runs
     */
    public long constant() {
        if (!isConstant()) {
            throw new IllegalStateException("the size %s is known only when the program runs".formatted(this));
        }
        return terms.getOrDefault("", 0L);
    }

    /** Returns whether this is one name and nothing else. */
    boolean isName() {
        return terms.size() == 1
                && terms.firstEntry().getValue() == 1
                && !terms.firstKey().isEmpty()
                && !terms.firstKey().contains("*");
    }

    /** Returns the name if this is one name and perhaps a number, such as {@code T + 20}; else nothing. */
    Optional<String> shiftedName() {
        Map<String, Long> rest = new TreeMap<>(terms);
        rest.remove("");
        return new Dim(rest).isName() ? Optional.of(rest.keySet().iterator().next()) : Optional.empty();
    }

    /** Returns the number that is added to the names. */
    long shift() {
        return terms.getOrDefault("", 0L);
    }

    /** Returns whether a name is in it. */
    public boolean isOf(String name) {
        return names().contains(name);
    }

    /** Returns the names in it. */
    Set<String> names() {
        return terms.keySet().stream()
                .flatMap(monomial -> Arrays.stream(monomial.split("\\*")))
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the size for given values of the names. */
    public long evaluate(Map<String, Long> values) {
        long sum = 0;
        for (Map.Entry<String, Long> term : terms.entrySet()) {
            long product = term.getValue();
            for (String name :
                    term.getKey().isEmpty() ? new String[0] : term.getKey().split("\\*")) {
                Long value = values.get(name);
                if (value == null) {
                    throw new IllegalArgumentException("no value for %s in %s".formatted(name, this));
                }
                product *= value;
            }
            sum += product;
        }
        return sum;
    }

    @Override
    public String toString() {
        return toString(UnaryOperator.identity());
    }

    /** Returns the expression, which is also TorchScript, with other text for each name. */
    String toString(UnaryOperator<String> text) {
        if (terms.isEmpty()) {
            return "0";
        }
        return terms.descendingMap().entrySet().stream()
                .map(term -> term(term.getKey(), term.getValue(), text))
                .collect(Collectors.joining(" + "));
    }

    private static String term(String monomial, long coefficient, UnaryOperator<String> text) {
        if (monomial.isEmpty()) {
            return Long.toString(coefficient);
        }
        String product = Arrays.stream(monomial.split("\\*")).map(text).collect(Collectors.joining("*"));
        return coefficient == 1 ? product : coefficient + "*" + product;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dim dim && terms.equals(dim.terms);
    }

    @Override
    public int hashCode() {
        return terms.hashCode();
    }

    private static String multiply(String a, String b) {
        return Arrays.stream((a + "*" + b).split("\\*"))
                .filter(name -> !name.isEmpty())
                .sorted()
                .collect(Collectors.joining("*"));
    }
}
