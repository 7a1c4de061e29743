package io.peft4j.models.text.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/** What operators of expressions do. */
final class Operators {

    static final Map<String, BinaryOperator<Object>> COMPARISONS = Map.of(
            "==", (a, b) -> Values.areEqual(a, b),
            "!=", (a, b) -> !Values.areEqual(a, b),
            "<", (a, b) -> Values.compare(a, b) < 0,
            "<=", (a, b) -> Values.compare(a, b) <= 0,
            ">", (a, b) -> Values.compare(a, b) > 0,
            ">=", (a, b) -> Values.compare(a, b) >= 0);

    static final Map<String, BinaryOperator<Object>> SUMS = Map.of("+", Operators::add, "-", Operators::subtract);

    static final Map<String, BinaryOperator<Object>> PRODUCTS = Map.of(
            "*", Operators::multiply, "/", Operators::divide, "//", Operators::floorDivide, "%", Operators::modulo);

    private Operators() {}

    static Object negate(Object x) {
        return x instanceof Long whole ? (Object) Math.negateExact(whole) : (Object) (-number(x));
    }

    private static Object add(Object a, Object b) {
        if (a instanceof String x && b instanceof String y) {
            return x + y;
        } else if (a instanceof List<?> x && b instanceof List<?> y) {
            List<Object> both = new ArrayList<>(x);
            both.addAll(y);
            return both;
        }
        return a instanceof Long x && b instanceof Long y
                ? (Object) Math.addExact(x, y)
                : (Object) (number(a) + number(b));
    }

    private static Object subtract(Object a, Object b) {
        return a instanceof Long x && b instanceof Long y
                ? (Object) Math.subtractExact(x, y)
                : (Object) (number(a) - number(b));
    }

    private static Object multiply(Object a, Object b) {
        return a instanceof Long x && b instanceof Long y
                ? (Object) Math.multiplyExact(x, y)
                : (Object) (number(a) * number(b));
    }

    private static Object divide(Object a, Object b) {
        return number(a) / nonZero(b);
    }

    private static Object floorDivide(Object a, Object b) {
        nonZero(b);
        return a instanceof Long x && b instanceof Long y
                ? (Object) Math.floorDiv(x, y)
                : (Object) Math.floor(number(a) / number(b));
    }

    private static Object modulo(Object a, Object b) {
        nonZero(b);
        return Math.floorMod(Values.whole(a), Values.whole(b));
    }

    private static double nonZero(Object x) {
        if (number(x) == 0) {
            throw new TemplateException("the chat template divides by 0");
        }
        return number(x);
    }

    private static double number(Object x) {
        if (x instanceof Number number) {
            return number.doubleValue();
        }
        throw new TemplateException(
                "the chat template computes with %s, which is no number".formatted(Values.print(x)));
    }
}
