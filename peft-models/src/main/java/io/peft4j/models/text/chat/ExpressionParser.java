package io.peft4j.models.text.chat;

import io.peft4j.models.text.chat.Node.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;

/** Reads expressions, from those that bind least to those that bind most. */
final class ExpressionParser {

    private static final Expression NONE = scope -> Values.NONE;
    private static final Map<String, Object> CONSTANTS = Map.of(
            "true", true, "True", true, "false", false, "False", false, "none", Values.NONE, "None", Values.NONE);

    private final Cursor cursor;

    ExpressionParser(Cursor cursor) {
        this.cursor = cursor;
    }

    /** Reads {@code a if b else c} and all that binds more. */
    Expression parse() {
        cursor.enter();
        Expression value = parseWithoutCondition();
        while (cursor.take(Token.Kind.NAME, "if")) {
            Expression then = value;
            Expression condition = parseWithoutCondition();
            Expression otherwise = cursor.take(Token.Kind.NAME, "else") ? parse() : scope -> Values.UNDEFINED;
            value = scope -> (Values.isTrue(condition.evaluate(scope)) ? then : otherwise).evaluate(scope);
        }
        cursor.leave();
        return value;
    }

    /** Reads {@code a or b} and all that binds more. */
    Expression parseWithoutCondition() {
        Expression left = and();
        while (cursor.take(Token.Kind.NAME, "or")) {
            Expression first = left;
            Expression second = and();
            left = scope -> {
                Object value = first.evaluate(scope);
                return Values.isTrue(value) ? value : second.evaluate(scope);
            };
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (cursor.take(Token.Kind.NAME, "and")) {
            Expression first = left;
            Expression second = not();
            left = scope -> {
                Object value = first.evaluate(scope);
                return Values.isTrue(value) ? second.evaluate(scope) : value;
            };
        }
        return left;
    }

    private Expression not() {
        if (cursor.take(Token.Kind.NAME, "not")) {
            cursor.enter();
            Expression value = not();
            cursor.leave();
            return scope -> !Values.isTrue(value.evaluate(scope));
        }
        return comparison();
    }

    private Expression comparison() {
        Expression left = sum();
        while (true) {
            if (cursor.take(Token.Kind.NAME, "in")) {
                left = compared(left, sum(), (a, b) -> Values.contains(b, a));
            } else if (cursor.ahead(0).is(Token.Kind.NAME, "not")
                    && cursor.ahead(1).is(Token.Kind.NAME, "in")) {
                cursor.next();
                cursor.next();
                left = compared(left, sum(), (a, b) -> !Values.contains(b, a));
            } else if (cursor.peek(Token.Kind.OPERATOR)
                    && Operators.COMPARISONS.containsKey(cursor.ahead(0).text())) {
                String sign = cursor.next().text();
                left = compared(left, sum(), Objects.requireNonNull(Operators.COMPARISONS.get(sign)));
            } else {
                return left;
            }
        }
    }

    private Expression binary(Expression left, Map<String, BinaryOperator<Object>> operators) {
        BinaryOperator<Object> operator =
                Objects.requireNonNull(operators.get(cursor.next().text()));
        return binary(left, operators == Operators.SUMS ? join() : unary(), operator);
    }

    private static Expression binary(Expression left, Expression right, BinaryOperator<Object> operator) {
        return scope -> scope.budget().count(operator.apply(left.evaluate(scope), right.evaluate(scope)));
    }

    private static Expression compared(Expression left, Expression right, BinaryOperator<Object> operator) {
        return scope -> {
            Object a = left.evaluate(scope);
            Object b = right.evaluate(scope);
            scope.budget().countBoth(a, b);
            return operator.apply(a, b);
        };
    }

    private Expression sum() {
        Expression left = join();
        while (cursor.peek(Token.Kind.OPERATOR)
                && Operators.SUMS.containsKey(cursor.ahead(0).text())) {
            left = binary(left, Operators.SUMS);
        }
        return left;
    }

    private Expression join() {
        Expression left = product();
        while (cursor.take(Token.Kind.OPERATOR, "~")) {
            left = binary(left, product(), (a, b) -> Values.print(a) + Values.print(b));
        }
        return left;
    }

    private Expression product() {
        Expression left = unary();
        while (cursor.peek(Token.Kind.OPERATOR)
                && Operators.PRODUCTS.containsKey(cursor.ahead(0).text())) {
            left = binary(left, Operators.PRODUCTS);
        }
        return left;
    }

    private Expression unary() {
        if (cursor.take(Token.Kind.OPERATOR, "-")) {
            cursor.enter();
            Expression value = unary();
            cursor.leave();
            return scope -> Operators.negate(value.evaluate(scope));
        }
        return filtered(postfix(primary()));
    }

    private Expression primary() {
        if (cursor.peek(Token.Kind.STRING)) {
            StringBuilder text = new StringBuilder();
            while (cursor.peek(Token.Kind.STRING)) {
                text.append(cursor.next().text());
            }
            String all = text.toString();
            return scope -> all;
        } else if (cursor.peek(Token.Kind.NUMBER)) {
            Object value = number(cursor.next().text());
            return scope -> value;
        } else if (cursor.peek(Token.Kind.NAME)) {
            String name = cursor.next().text();
            Object constant = CONSTANTS.get(name);
            return constant == null ? scope -> scope.get(name) : scope -> constant;
        } else if (cursor.take(Token.Kind.OPERATOR, "(")) {
            return parenthesised();
        } else if (cursor.take(Token.Kind.OPERATOR, "[")) {
            return list(items("]"));
        } else if (cursor.take(Token.Kind.OPERATOR, "{")) {
            return mapping();
        }
        throw cursor.fault("'%s' is no value".formatted(cursor.ahead(0).text()));
    }

    private Object number(String digits) {
        try {
            return digits.contains(".") ? (Object) Double.valueOf(digits) : (Object) Long.valueOf(digits);
        } catch (NumberFormatException e) {
            throw cursor.fault("%s is too large a number".formatted(digits));
        }
    }

    private Expression parenthesised() {
        if (cursor.take(Token.Kind.OPERATOR, ")")) {
            return list(List.of());
        }
        Expression first = parse();
        if (cursor.take(Token.Kind.OPERATOR, ")")) {
            return first;
        }
        cursor.expect(Token.Kind.OPERATOR, ",");
        List<Expression> rest = new ArrayList<>(List.of(first));
        rest.addAll(items(")"));
        return list(rest);
    }

    private List<Expression> items(String end) {
        List<Expression> items = new ArrayList<>();
        while (!cursor.take(Token.Kind.OPERATOR, end)) {
            items.add(parse());
            if (!cursor.ahead(0).is(Token.Kind.OPERATOR, end)) {
                cursor.expect(Token.Kind.OPERATOR, ",");
            }
        }
        return items;
    }

    private static Expression list(List<Expression> items) {
        return scope -> scope.budget()
                .count(items.stream().map(item -> item.evaluate(scope)).toList());
    }

    private Expression mapping() {
        Map<Expression, Expression> entries = new LinkedHashMap<>();
        while (!cursor.take(Token.Kind.OPERATOR, "}")) {
            Expression key = parse();
            cursor.expect(Token.Kind.OPERATOR, ":");
            entries.put(key, parse());
            if (!cursor.ahead(0).is(Token.Kind.OPERATOR, "}")) {
                cursor.expect(Token.Kind.OPERATOR, ",");
            }
        }
        return scope -> {
            Map<Object, Object> map = new LinkedHashMap<>();
            entries.forEach((key, value) -> map.put(Values.key(key.evaluate(scope)), value.evaluate(scope)));
            return map;
        };
    }

    /** Reads attributes, items, slices and calls. */
    private Expression postfix(Expression value) {
        Expression result = value;
        while (true) {
            Expression of = result;
            if (cursor.take(Token.Kind.OPERATOR, ".")) {
                String name = cursor.expect(Token.Kind.NAME).text();
                if (cursor.take(Token.Kind.OPERATOR, "(")) {
                    Arguments arguments = arguments();
                    result = computed(of, arguments, (x, a, n) -> Methods.call(x, name, a, n));
                } else {
                    result = scope -> Methods.attribute(of.evaluate(scope), name);
                }
            } else if (cursor.take(Token.Kind.OPERATOR, "[")) {
                result = subscript(of);
            } else if (cursor.take(Token.Kind.OPERATOR, "(")) {
                Arguments arguments = arguments();
                result = computed(of, arguments, (x, a, n) -> {
                    if (x instanceof Values.Callable callable) {
                        return callable.call(a, n);
                    }
                    throw new TemplateException("the chat template calls something that is no function");
                });
            } else {
                return result;
            }
        }
    }

    /** Returns what a function makes of a value, all of which is counted. */
    private static Expression computed(Expression of, Arguments arguments, Filters.Filter function) {
        return scope -> {
            Object value = of.evaluate(scope);
            List<Object> positional = arguments.positional(scope);
            Map<String, Object> named = arguments.named(scope);
            scope.budget().count(value);
            scope.budget().countAll(positional, 0);
            positional.forEach(argument -> scope.budget().countBoth(value, argument));
            return scope.budget().count(function.apply(value, positional, named));
        };
    }

    private Expression subscript(Expression of) {
        Expression start = cursor.ahead(0).is(Token.Kind.OPERATOR, ":") ? NONE : parse();
        if (cursor.take(Token.Kind.OPERATOR, "]")) {
            return scope -> Values.item(scope.budget().count(of.evaluate(scope)), start.evaluate(scope));
        }
        cursor.expect(Token.Kind.OPERATOR, ":");
        Expression end = bound();
        Expression step = cursor.take(Token.Kind.OPERATOR, ":") ? bound() : NONE;
        cursor.expect(Token.Kind.OPERATOR, "]");
        return scope -> Values.slice(
                scope.budget().count(of.evaluate(scope)),
                start.evaluate(scope),
                end.evaluate(scope),
                step.evaluate(scope));
    }

    private Expression bound() {
        boolean none =
                cursor.ahead(0).is(Token.Kind.OPERATOR, ":") || cursor.ahead(0).is(Token.Kind.OPERATOR, "]");
        return none ? NONE : parse();
    }

    /** What a call passes. */
    private record Arguments(List<Expression> expressions, Map<String, Expression> byName) {

        List<Object> positional(Scope scope) {
            return expressions.stream()
                    .map(argument -> argument.evaluate(scope))
                    .toList();
        }

        Map<String, Object> named(Scope scope) {
            Map<String, Object> values = new LinkedHashMap<>();
            byName.forEach((name, argument) -> values.put(name, argument.evaluate(scope)));
            return values;
        }
    }

    private Arguments arguments() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!cursor.take(Token.Kind.OPERATOR, ")")) {
            if (cursor.peek(Token.Kind.NAME) && cursor.ahead(1).is(Token.Kind.OPERATOR, "=")) {
                String name = cursor.next().text();
                cursor.next();
                named.put(name, parse());
            } else {
                positional.add(parse());
            }
            if (!cursor.ahead(0).is(Token.Kind.OPERATOR, ")")) {
                cursor.expect(Token.Kind.OPERATOR, ",");
            }
        }
        return new Arguments(positional, named);
    }

    /** Reads filters and tests. */
    private Expression filtered(Expression value) {
        Expression result = value;
        while (true) {
            Expression of = result;
            if (cursor.take(Token.Kind.OPERATOR, "|")) {
                Filters.Filter filter =
                        Filters.named(cursor.expect(Token.Kind.NAME).text(), cursor);
                Arguments arguments =
                        cursor.take(Token.Kind.OPERATOR, "(") ? arguments() : new Arguments(List.of(), Map.of());
                result = postfix(computed(of, arguments, filter));
            } else if (cursor.take(Token.Kind.NAME, "is")) {
                boolean negated = cursor.take(Token.Kind.NAME, "not");
                Tests.Test test = Tests.named(cursor.expect(Token.Kind.NAME).text(), cursor);
                Expression argument = testArgument();
                result = scope -> {
                    Object tested = of.evaluate(scope);
                    Object other = argument.evaluate(scope);
                    scope.budget().countBoth(tested, other);
                    return negated != test.holds(tested, other);
                };
            } else {
                return result;
            }
        }
    }

    private Expression testArgument() {
        if (cursor.take(Token.Kind.OPERATOR, "(")) {
            List<Expression> arguments = arguments().expressions();
            return arguments.isEmpty() ? NONE : arguments.get(0);
        }
        boolean value = cursor.peek(Token.Kind.STRING) || cursor.peek(Token.Kind.NUMBER);
        return value ? primary() : NONE;
    }
}
