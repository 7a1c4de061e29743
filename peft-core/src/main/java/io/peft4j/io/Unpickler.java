package io.peft4j.io;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Python's pickle machine without its danger: it makes dictionaries, lists, tuples, texts, numbers and what {@link
 * TorchValues} knows of tensors. A name of anything else becomes a problem and a value that stands for nothing; no class
 * is looked up and nothing is called.
 *
 * <p>The operations are those of protocol 2, which torch writes, and the few of 4 that say the same.
 */
final class Unpickler {

    /** More than any checkpoint has: a tensor takes about thirty. */
    private static final int MAX_VALUES = 4_000_000;

    private static final Object MARK = new Object();

    /** Python's {@code None}. */
    static final Object NONE = new Object() {
        @Override
        public String toString() {
            return "None";
        }
    };

    /** A Python tuple. */
    record Tuple(List<Object> items) {}

    /** The name of a class or function, which is never looked up. */
    record Global(String module, String name) {
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    private final PickleInput in;
    private final TorchValues values;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private int made;

    private Unpickler(PickleInput in, TorchValues values) {
        this.in = in;
        this.values = values;
    }

    /**
     * Returns the value of the next pickle.
     *
     * @throws TensorFileException if the bytes are no pickle, or one of other operations
     */
    static Object read(PickleInput in, TorchValues values) throws IOException {
        return new Unpickler(in, values).run();
    }

    private Object run() throws IOException {
        while (true) {
            int operation = in.next();
            if (operation == '.') {
                return pop();
            }
            if (!pushScalar(operation) && !pushCollection(operation) && !remember(operation) && !make(operation)) {
                throw in.fault(
                        "operation 0x%02x at byte %d of the pickle is none that a file of tensors needs",
                        operation, in.position() - 1);
            }
        }
    }

    private boolean pushScalar(int operation) throws IOException {
        switch (operation) {
            case 'N' -> push(NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push(in.unsigned(1));
            case 'M' -> push(in.unsigned(2));
            case 'J' -> push((long) (int) in.unsigned(4));
            case 0x8a -> push(integer(in.signed(in.unsigned(1))));
            case 'G' -> push(in.float64());
            case 'X' -> push(in.text(in.unsigned(4)));
            case 'U', 0x8c -> push(in.text(in.unsigned(1)));
            case 0x8d -> push(in.text(in.unsigned(8)));
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean pushCollection(int operation) throws IOException {
        switch (operation) {
            case '(' -> push(MARK);
            case '}' -> push(new LinkedHashMap<>());
            case ']' -> push(new ArrayList<>());
            case ')' -> push(new Tuple(List.of()));
            case 't' -> push(new Tuple(popToMark()));
            case 0x85 -> push(new Tuple(pop(1)));
            case 0x86 -> push(new Tuple(pop(2)));
            case 0x87 -> push(new Tuple(pop(3)));
            case 'a' -> append(pop(1));
            case 'e' -> append(popToMark());
            case 's' -> put(pop(2));
            case 'u' -> put(popToMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean remember(int operation) throws IOException {
        switch (operation) {
            case 'q' -> keep(in.unsigned(1));
            case 'r' -> keep(in.unsigned(4));
            case 0x94 -> keep(memo.size());
            case 'h' -> recall(in.unsigned(1));
            case 'j' -> recall(in.unsigned(4));
            case 0x80 -> in.unsigned(1);
            case 0x95 -> in.unsigned(8);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean make(int operation) throws IOException {
        switch (operation) {
            case 'c' -> push(values.global(new Global(in.line(), in.line())));
            case 0x93 -> {
                List<Object> names = pop(2);
                push(values.global(new Global(text(names.get(0)), text(names.get(1)))));
            }
            case 'Q' -> push(values.persistent(pop()));
            case 'R' -> {
                List<Object> call = pop(2);
                push(values.call(call.get(0), tuple(call.get(1))));
            }
            case 'b' -> {
                pop();
                values.ignoreState(top());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void append(List<Object> items) throws IOException {
        if (!(top() instanceof ArrayList<?>)) {
            throw in.fault("the pickle appends to what is no list, at byte %d", in.position());
        }
        @SuppressWarnings("unchecked")
        List<Object> list = (List<Object>) top();
        list.addAll(items);
    }

    private void put(List<Object> items) throws IOException {
        if (!(top() instanceof LinkedHashMap<?, ?>) || items.size() % 2 != 0) {
            throw in.fault("the pickle adds an entry to what is no dictionary, at byte %d", in.position());
        }
        @SuppressWarnings("unchecked")
        Map<Object, Object> map = (Map<Object, Object>) top();
        for (int i = 0; i < items.size(); i += 2) {
            Object key = items.get(i);
            if (!(key instanceof String || key instanceof Long || key instanceof Boolean || key == NONE)) {
                throw in.fault("a dictionary has a key that is neither text nor number, at byte %d", in.position());
            }
            map.put(key, items.get(i + 1));
        }
    }

    private void keep(long key) throws IOException {
        count();
        memo.put(key, top());
    }

    private void recall(long key) throws IOException {
        Object value = memo.get(key);
        if (value == null) {
            throw in.fault("the pickle recalls value %d, which it has not kept, at byte %d", key, in.position());
        }
        push(value);
    }

    private void push(Object value) throws IOException {
        count();
        stack.add(value);
    }

    /** Counts what takes memory: values, and places that remember them. */
    private void count() throws IOException {
        if (++made > MAX_VALUES) {
            throw in.fault("the pickle makes more than %d values", MAX_VALUES);
        }
    }

    private Object top() throws IOException {
        if (stack.isEmpty() || stack.get(stack.size() - 1) == MARK) {
            throw in.fault("the pickle takes a value that is not there, at byte %d", in.position());
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() throws IOException {
        Object value = top();
        stack.remove(stack.size() - 1);
        return value;
    }

    private List<Object> pop(int count) throws IOException {
        Object[] items = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            items[i] = pop();
        }
        return List.of(items);
    }

    private List<Object> popToMark() throws IOException {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw in.fault("the pickle ends what has not begun, at byte %d", in.position());
        }
        List<Object> tail = stack.subList(mark, stack.size());
        List<Object> items = new ArrayList<>(tail.subList(1, tail.size()));
        tail.clear();
        return items;
    }

    private String text(Object value) throws IOException {
        if (value instanceof String text) {
            return text;
        }
        throw in.fault("the pickle names a class by what is no text, at byte %d", in.position());
    }

    private List<Object> tuple(Object value) throws IOException {
        if (value instanceof Tuple tuple) {
            return tuple.items();
        }
        throw in.fault("the pickle calls with what is no tuple, at byte %d", in.position());
    }

    private static Object integer(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }
}
