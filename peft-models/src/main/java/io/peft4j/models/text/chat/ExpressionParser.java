package io.peft4j.models.text.chat;

import io.peft4j.models.text.chat.Node.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
                left = binary(left, sum(), (a, b) -> Values.contains(b, a));
            } else if (cursor.ahead(0).is(Token.Kind.NAME, "not")
                    && cursor.ahead(1).is(Token.Kind.NAME, "in")) {
                cursor.next();
                cursor.next();
                left = binary(left, sum(), (a, b) -> !Values.contains(b, a));
            } else if (cursor.peek(Token.Kind.OPERATOR)
                    && Operators.COMPARISONS.containsKey(cursor.ahead(0).text())) {
                left = binary(left, Operators.COMPARISONS);
            } else {
                return left;
            }
        }
    }

    private Expression binary(Expression left, Map<String, BinaryOperator<Object>> operators) {
        BinaryOperator<Object> operator =
                java.util.Objects.requireNonNull(operators.get(cursor.next().text()));
        return binary(
                left,
                operators == Operators.COMPARISONS ? sum() : operators == Operators.SUMS ? join() : unary(),
                operator);
    }

    private static Expression binary(Expression left, Expression right, BinaryOperator<Object> operator) {
        return scope -> operator.apply(left.evaluate(scope), right.evaluate(scope));
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
            String number = cursor.next().text();
            Object value = number.contains(".") ? (Object) Double.valueOf(number) : (Object) Long.valueOf(number);
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
        return scope -> items.stream().map(item -> item.evaluate(scope)).toList();
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
            entries.forEach((key, value) -> map.put(key.evaluate(scope), value.evaluate(scope)));
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
                    result = scope ->
                            Methods.call(of.evaluate(scope), name, arguments.positional(scope), arguments.named(scope));
                } else {
                    result = scope -> Methods.attribute(of.evaluate(scope), name);
                }
            } else if (cursor.take(Token.Kind.OPERATOR, "[")) {
                result = subscript(of);
            } else if (cursor.take(Token.Kind.OPERATOR, "(")) {
                Arguments arguments = arguments();
                result = scope -> {
                    if (of.evaluate(scope) instanceof Values.Callable callable) {
                        return callable.call(arguments.positional(scope), arguments.named(scope));
                    }
                    throw new TemplateException("the chat template calls something that is no function");
                };
            } else {
                return result;
            }
        }
    }

    private Expression subscript(Expression of) {
        Expression start = cursor.ahead(0).is(Token.Kind.OPERATOR, ":") ? NONE : parse();
        if (cursor.take(Token.Kind.OPERATOR, "]")) {
            return scope -> Values.item(of.evaluate(scope), start.evaluate(scope));
        }
        cursor.expect(Token.Kind.OPERATOR, ":");
        Expression end = bound();
        Expression step = cursor.take(Token.Kind.OPERATOR, ":") ? bound() : NONE;
        cursor.expect(Token.Kind.OPERATOR, "]");
        return scope ->
                Values.slice(of.evaluate(scope), start.evaluate(scope), end.evaluate(scope), step.evaluate(scope));
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
                result = postfix(
                        scope -> filter.apply(of.evaluate(scope), arguments.positional(scope), arguments.named(scope)));
            } else if (cursor.take(Token.Kind.NAME, "is")) {
                boolean negated = cursor.take(Token.Kind.NAME, "not");
                Tests.Test test = Tests.named(cursor.expect(Token.Kind.NAME).text(), cursor);
                Expression argument = testArgument();
                result = scope -> negated != test.holds(of.evaluate(scope), argument.evaluate(scope));
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
