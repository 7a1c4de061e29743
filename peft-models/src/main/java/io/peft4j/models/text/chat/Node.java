package io.peft4j.models.text.chat;

import java.util.List;
import java.util.Map;

/** A statement of a template. */
@FunctionalInterface
interface Node {

    /** What comes after a statement: the next one, or what a loop does. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    /** Prints into the scope. */
    Flow render(Scope scope);

    /** An expression of a template. */
    @FunctionalInterface
    interface Expression {
        Object evaluate(Scope scope);
    }

    /** Returns statements one after another. */
    static Node sequence(List<Node> nodes) {
        List<Node> all = List.copyOf(nodes);
        return scope -> {
            for (Node node : all) {
                scope.budget().step();
                Flow flow = node.render(scope);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        };
    }

    /** Returns a loop over what the condition lets through; without any, {@code otherwise}. */
    static Node loop(List<String> names, Expression over, Expression condition, Node body, Node otherwise) {
        return scope -> {
            List<Object> items = Values.list(over.evaluate(scope)).stream()
                    .filter(item -> {
                        scope.budget().step();
                        Scope trial = scope.inner();
                        assign(trial, names, item);
                        return Values.isTrue(condition.evaluate(trial));
                    })
                    .toList();
            if (items.isEmpty()) {
                return otherwise.render(scope);
            }
            for (int i = 0; i < items.size(); i++) {
                scope.budget().step();
                Scope inner = scope.inner();
                assign(inner, names, items.get(i));
                inner.set("loop", position(items, i));
                if (body.render(inner) == Flow.BREAK) {
                    break;
                }
            }
            return Flow.NEXT;
        };
    }

    private static void assign(Scope scope, List<String> names, Object item) {
        if (names.size() == 1) {
            scope.set(names.get(0), item);
            return;
        }
        List<Object> parts = Values.list(item);
        if (parts.size() != names.size()) {
            throw new TemplateException("%d names for %d values".formatted(names.size(), parts.size()));
        }
        for (int i = 0; i < parts.size(); i++) {
            scope.set(names.get(i), parts.get(i));
        }
    }

    private static Map<String, Object> position(List<Object> items, int i) {
        return Map.of(
                "index",
                i + 1L,
                "index0",
                (long) i,
                "revindex",
                (long) items.size() - i,
                "revindex0",
                items.size() - i - 1L,
                "first",
                i == 0,
                "last",
                i == items.size() - 1,
                "length",
                (long) items.size(),
                "previtem",
                i > 0 ? items.get(i - 1) : Values.UNDEFINED,
                "nextitem",
                i + 1 < items.size() ? items.get(i + 1) : Values.UNDEFINED);
    }
}
