package io.peft4j.models.text.chat;

import io.peft4j.models.text.chat.Node.Expression;
import io.peft4j.models.text.chat.Node.Flow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the statements of a template; {@link ExpressionParser} reads what they compute. */
final class Parser {

    private static final Expression ALWAYS = scope -> true;
    private static final Node NOTHING = scope -> Flow.NEXT;

    private final Cursor cursor;
    private final ExpressionParser expressions;

    private Parser(Cursor cursor) {
        this.cursor = cursor;
        this.expressions = new ExpressionParser(cursor);
    }

    static Node parse(String template) {
        Text.check(template.length());
        Parser parser = new Parser(new Cursor(Lexer.tokens(template)));
        Node node = parser.until(Set.of());
        parser.cursor.expect(Token.Kind.END, "");
        return node;
    }

    /** Returns the statements before one that begins with any of these words. */
    private Node until(Set<String> ends) {
        cursor.enter();
        List<Node> nodes = new ArrayList<>();
        while (!cursor.peek(Token.Kind.END)) {
            if (cursor.peek(Token.Kind.TEXT)) {
                String text = cursor.next().text();
                nodes.add(print(scope -> text));
            } else if (cursor.take(Token.Kind.OUTPUT, "")) {
                nodes.add(print(expressions.parse()));
                cursor.expect(Token.Kind.END_OUTPUT, "");
            } else if (ends.contains(cursor.ahead(1).text())) {
                break;
            } else {
                cursor.expect(Token.Kind.STATEMENT, "");
                nodes.add(statement());
            }
        }
        cursor.leave();
        return Node.sequence(nodes);
    }

    private static Node print(Expression expression) {
        return scope -> {
            scope.print(Values.print(expression.evaluate(scope)));
            return Flow.NEXT;
        };
    }

    private Node statement() {
        Token word = cursor.expect(Token.Kind.NAME);
        return switch (word.text()) {
            case "if" -> condition();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "generation" -> {
                end();
                Node body = until(Set.of("endgeneration"));
                close("endgeneration");
                yield body;
            }
            case "break" -> jump(Flow.BREAK);
            case "continue" -> jump(Flow.CONTINUE);
            default -> throw cursor.fault("statement '%s' is not supported".formatted(word.text()));
        };
    }

    private Node jump(Flow flow) {
        end();
        return scope -> flow;
    }

    private Node condition() {
        Expression condition = expressions.parse();
        end();
        Node then = until(Set.of("elif", "else", "endif"));
        cursor.expect(Token.Kind.STATEMENT, "");
        Node otherwise = NOTHING;
        String word = cursor.expect(Token.Kind.NAME).text();
        if (word.equals("elif")) {
            cursor.enter();
            otherwise = condition();
            cursor.leave();
        } else {
            end();
            if (word.equals("else")) {
                otherwise = until(Set.of("endif"));
                close("endif");
            }
        }
        Node last = otherwise;
        return scope -> (Values.isTrue(condition.evaluate(scope)) ? then : last).render(scope);
    }

    private Node loop() {
        List<String> names = new ArrayList<>();
        do {
            names.add(cursor.expect(Token.Kind.NAME).text());
        } while (cursor.take(Token.Kind.OPERATOR, ","));
        cursor.expect(Token.Kind.NAME, "in");
        Expression over = expressions.parseWithoutCondition();
        Expression condition = cursor.take(Token.Kind.NAME, "if") ? expressions.parse() : ALWAYS;
        end();
        Node body = until(Set.of("else", "endfor"));
        Node otherwise = NOTHING;
        if (cursor.ahead(1).is(Token.Kind.NAME, "else")) {
            close("else");
            otherwise = until(Set.of("endfor"));
        }
        close("endfor");
        return Node.loop(names, over, condition, body, otherwise);
    }

    private Node assignment() {
        String name = cursor.expect(Token.Kind.NAME).text();
        if (cursor.take(Token.Kind.OPERATOR, ".")) {
            String attribute = cursor.expect(Token.Kind.NAME).text();
            cursor.expect(Token.Kind.OPERATOR, "=");
            Expression value = expressions.parse();
            end();
            return scope -> {
                if (!(scope.get(name) instanceof Namespace namespace)) {
                    throw new TemplateException("%s is no namespace, whose attributes can be set".formatted(name));
                }
                namespace.set(attribute, value.evaluate(scope));
                return Flow.NEXT;
            };
        }
        if (cursor.take(Token.Kind.OPERATOR, "=")) {
            Expression value = expressions.parse();
            end();
            return scope -> {
                scope.set(name, value.evaluate(scope));
                return Flow.NEXT;
            };
        }
        end();
        Node body = until(Set.of("endset"));
        close("endset");
        return scope -> {
            Scope captured = scope.captured();
            body.render(captured);
            scope.set(name, captured.printed());
            return Flow.NEXT;
        };
    }

    private Node macro() {
        String name = cursor.expect(Token.Kind.NAME).text();
        cursor.expect(Token.Kind.OPERATOR, "(");
        Map<String, Expression> parameters = new LinkedHashMap<>();
        while (!cursor.take(Token.Kind.OPERATOR, ")")) {
            String parameter = cursor.expect(Token.Kind.NAME).text();
            Expression otherwise = cursor.take(Token.Kind.OPERATOR, "=") ? expressions.parse() : s -> Values.UNDEFINED;
            parameters.put(parameter, otherwise);
            cursor.take(Token.Kind.OPERATOR, ",");
        }
        end();
        Node body = until(Set.of("endmacro"));
        close("endmacro");
        return scope -> {
            scope.set(name, (Values.Callable) (arguments, named) -> {
                Scope inner = scope.captured();
                int i = 0;
                for (Map.Entry<String, Expression> parameter : parameters.entrySet()) {
                    Object otherwise = named.getOrDefault(parameter.getKey(), Values.UNDEFINED);
                    Object given = i < arguments.size() ? arguments.get(i) : otherwise;
                    inner.set(
                            parameter.getKey(),
                            given == Values.UNDEFINED ? parameter.getValue().evaluate(scope) : given);
                    i++;
                }
                scope.budget().enter();
                body.render(inner);
                scope.budget().leave();
                return inner.printed();
            });
            return Flow.NEXT;
        };
    }

    private void close(String word) {
        cursor.expect(Token.Kind.STATEMENT, "");
        cursor.expect(Token.Kind.NAME, word);
        end();
    }

    private void end() {
        cursor.expect(Token.Kind.END_STATEMENT, "");
    }
}
