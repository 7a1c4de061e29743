package io.peft4j.io;

import io.peft4j.io.Unpickler.Global;
import io.peft4j.io.Unpickler.Tuple;
import io.peft4j.program.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The names that may occur in a pickle of tensors, and what becomes of them; all others are problems. */
final class TorchValues {

    static final Global ORDERED_DICT = new Global("collections", "OrderedDict");
    static final Global TENSOR = new Global("torch._utils", "_rebuild_tensor_v2");
    private static final Global PARAMETER = new Global("torch._utils", "_rebuild_parameter");

    private static final Map<Global, DType> STORAGES = Map.of(
            new Global("torch", "BoolStorage"), DType.BOOL,
            new Global("torch", "ByteStorage"), DType.UINT8,
            new Global("torch", "CharStorage"), DType.INT8,
            new Global("torch", "ShortStorage"), DType.INT16,
            new Global("torch", "IntStorage"), DType.INT32,
            new Global("torch", "LongStorage"), DType.INT64,
            new Global("torch", "HalfStorage"), DType.FLOAT16,
            new Global("torch", "BFloat16Storage"), DType.BFLOAT16,
            new Global("torch", "FloatStorage"), DType.FLOAT32,
            new Global("torch", "DoubleStorage"), DType.FLOAT64);

    /** Stands for what a name that is not known would have made. */
    static final Object NOTHING = new Object();

    /** Numbers in a file, seen by any number of tensors. */
    record Storage(DType dtype, String key, long elements) {}

    /** A tensor: elements of a storage at {@code offset + Σ iₖ·strideₖ}. */
    record StoredTensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

    private final Problems problems;
    private final Set<Global> reported = new LinkedHashSet<>();
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    TorchValues(Problems problems) {
        this.problems = problems;
    }

    /** Returns the name of the storage of a type. */
    static Global storageOf(DType dtype) {
        return STORAGES.entrySet().stream()
                .filter(storage -> storage.getValue() == dtype)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    /** Returns the storages that were named, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    /** Returns the name itself if it is known. */
    Object global(Global global) {
        if (global.equals(ORDERED_DICT)
                || global.equals(TENSOR)
                || global.equals(PARAMETER)
                || STORAGES.containsKey(global)) {
            return global;
        }
        if (reported.add(global)) {
            problems.add(
                    "the pickle names %s: only tensors, dictionaries, lists, texts and numbers are read, no code",
                    Problems.quote(global.toString()));
        }
        return NOTHING;
    }

    /** Returns the storage of {@code ("storage", type, key, location, elements[, view])}. */
    Object persistent(Object id) {
        if (id instanceof Tuple tuple
                && tuple.items().size() >= 5
                && tuple.items().get(0).equals("storage")
                && tuple.items().get(2) instanceof String key
                && tuple.items().get(4) instanceof Long elements
                && elements >= 0
                && tuple.items().stream().skip(5).allMatch(view -> view == Unpickler.NONE)) {
            if (tuple.items().get(1) == NOTHING) {
                return NOTHING;
            }
            if (tuple.items().get(1) instanceof Global global && STORAGES.containsKey(global)) {
                return storage(new Storage(STORAGES.get(global), key, elements));
            }
        }
        problems.add("the pickle refers to something that is no storage of numbers");
        return NOTHING;
    }

    private Object storage(Storage storage) {
        Storage known = storages.putIfAbsent(storage.key(), storage);
        if (known != null && !known.equals(storage)) {
            problems.add(
                    "storage %s is %d elements of %s and %d of %s",
                    Problems.quote(storage.key()),
                    known.elements(),
                    known.dtype(),
                    storage.elements(),
                    storage.dtype());
        }
        return storage;
    }

    /** Returns whether there are enough bytes for a storage; if not, this is a problem. */
    boolean fits(Storage storage, long bytes) {
        if (storage.elements() <= bytes / storage.dtype().bytes()) {
            return true;
        }
        problems.add(
                "storage %s of %d elements of %s has only %d bytes",
                Problems.quote(storage.key()), storage.elements(), storage.dtype(), bytes);
        return false;
    }

    /** Returns what a known name makes of its arguments. */
    Object call(Object callee, List<Object> arguments) {
        if (callee == NOTHING) {
            return NOTHING;
        } else if (callee.equals(ORDERED_DICT) && arguments.isEmpty()) {
            return new LinkedHashMap<>();
        } else if (callee.equals(PARAMETER) && arguments.size() >= 2) {
            return parameter(arguments.get(0));
        } else if (callee.equals(TENSOR) && arguments.size() >= 6) {
            return tensor(arguments);
        }
        problems.add("the pickle calls %s with %d arguments", name(callee), arguments.size());
        return NOTHING;
    }

    private Object parameter(Object tensor) {
        if (tensor instanceof StoredTensor || tensor == NOTHING) {
            return tensor;
        }
        problems.add("the pickle makes a parameter of what is no tensor");
        return NOTHING;
    }

    private Object tensor(List<Object> arguments) {
        if (arguments.get(0) == NOTHING) {
            return NOTHING;
        }
        @Nullable List<Long> shape = sizes(arguments.get(2));
        @Nullable List<Long> strides = sizes(arguments.get(3));
        if (arguments.get(0) instanceof Storage storage
                && arguments.get(1) instanceof Long offset
                && offset >= 0
                && shape != null
                && strides != null
                && shape.size() == strides.size()) {
            return new StoredTensor(storage, offset, shape, strides);
        }
        problems.add("the pickle makes a tensor of other things than a storage, an offset, sizes and strides");
        return NOTHING;
    }

    private static @Nullable List<Long> sizes(Object value) {
        if (!(value instanceof Tuple tuple) || tuple.items().size() > SafeTensorsHeaderParser.MAX_DIMENSIONS) {
            return null;
        }
        List<Long> sizes = new ArrayList<>();
        for (Object item : tuple.items()) {
            if (!(item instanceof Long size) || size < 0) {
                return null;
            }
            sizes.add(size);
        }
        return sizes;
    }

    /** Checks that attributes are given to a dictionary, as torch does with its version numbers, and drops them. */
    void ignoreState(Object target) {
        if (!(target instanceof LinkedHashMap<?, ?>) && target != NOTHING) {
            problems.add("the pickle sets attributes of %s", name(target));
        }
    }

    private static String name(Object value) {
        return value instanceof Global
                ? Problems.quote(value.toString())
                : "a " + value.getClass().getSimpleName();
    }
}
