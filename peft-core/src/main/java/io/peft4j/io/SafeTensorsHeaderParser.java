package io.peft4j.io;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.peft4j.program.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collects the entries of a header, and what is wrong with each. */
final class SafeTensorsHeaderParser {

    private static final int MAX_TENSORS = 1_000_000;

    /** libtorch's own limit for most operations. */
    static final int MAX_DIMENSIONS = 64;

    /** No file is as long as the first number that this leaves out. */
    private static final Pattern SIZE = Pattern.compile("[0-9]{1,18}");

    private final long dataStart;
    private final long fileSize;
    private final Problems problems;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    SafeTensorsHeaderParser(long dataStart, long fileSize, Problems problems) {
        this.dataStart = dataStart;
        this.fileSize = fileSize;
        this.problems = problems;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** Returns the tensors that are right in themselves, in the header's order. */
    List<TensorInfo> tensors() {
        return tensors;
    }

    void header(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (!names.add(name)) {
                problems.add("the name %s occurs twice", Problems.quote(name));
            }
            if (names.size() > MAX_TENSORS) {
                problems.add("more than %d tensors", MAX_TENSORS);
                return;
            }
            problems.checkText(name);
            if (name.equals(SafeTensorsHeader.METADATA)) {
                metadata(json);
            } else {
                tensor(json, name);
            }
        }
        json.endObject();
    }

    private void metadata(JsonReader json) throws IOException {
        if (json.peek() != JsonToken.BEGIN_OBJECT) {
            problems.add("__metadata__ must be an object");
            json.skipValue();
            return;
        }
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            problems.checkText(name);
            String value = string(json);
            if (value == null) {
                problems.add("__metadata__: the value of %s must be a string", Problems.quote(name));
            } else if (metadata.put(name, value) != null) {
                problems.add("__metadata__: the name %s occurs twice", Problems.quote(name));
            }
        }
        json.endObject();
    }

    private void tensor(JsonReader json, String name) throws IOException {
        if (json.peek() != JsonToken.BEGIN_OBJECT) {
            problems.add("tensor %s must be an object", Problems.quote(name));
            json.skipValue();
            return;
        }
        DType dtype = null;
        List<Long> shape = null;
        List<Long> ends = null;
        Set<String> fields = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String field = json.nextName();
            if (!fields.add(field)) {
                problems.add("tensor %s: %s occurs twice", Problems.quote(name), Problems.quote(field));
            }
            switch (field) {
                case "dtype" -> dtype = dtype(json, name);
                case "shape" -> shape = sizes(json, name, field, MAX_DIMENSIONS);
                case "data_offsets" -> ends = sizes(json, name, field, 2);
                default -> json.skipValue(); // as the official reader does
            }
        }
        json.endObject();
        for (String field : List.of("dtype", "shape", "data_offsets")) {
            if (!fields.contains(field)) {
                problems.add("tensor %s: %s is missing", Problems.quote(name), field);
            }
        }
        if (dtype != null && shape != null && ends != null) {
            add(name, dtype, shape, ends);
        }
    }

    private void add(String name, DType dtype, List<Long> shape, List<Long> ends) {
        long length;
        try {
            length = bytes(dtype, shape);
        } catch (ArithmeticException e) {
            problems.add("tensor %s: shape %s is larger than any file", Problems.quote(name), shape);
            return;
        }
        long available = fileSize - dataStart;
        if (ends.size() != 2 || ends.get(0) > ends.get(1) || ends.get(1) > available) {
            problems.add(
                    "tensor %s: data_offsets %s must be a begin and an end within the %d bytes of data",
                    Problems.quote(name), ends, available);
        } else if (ends.get(1) - ends.get(0) != length) {
            problems.add(
                    "tensor %s: %s %s takes %d bytes, but data_offsets %s leave %d",
                    Problems.quote(name), dtype.safeTensorsName(), shape, length, ends, ends.get(1) - ends.get(0));
        } else {
            tensors.add(new TensorInfo(name, dtype, shape, dataStart + ends.get(0), length));
        }
    }

    /** Returns the length of the data; sizes beside a zero count too, since strides are made of them. */
    private static long bytes(DType dtype, List<Long> shape) {
        long product = dtype.bytes();
        boolean empty = false;
        for (long size : shape) {
            product = Math.multiplyExact(product, Math.max(size, 1));
            empty |= size == 0;
        }
        return empty ? 0 : product;
    }

    private @Nullable DType dtype(JsonReader json, String name) throws IOException {
        String type = string(json);
        if (type == null) {
            problems.add("tensor %s: dtype must be a string", Problems.quote(name));
            return null;
        }
        try {
            return DType.ofSafeTensors(type);
        } catch (IllegalArgumentException e) {
            problems.add("tensor %s: %s", Problems.quote(name), Problems.show(String.valueOf(e.getMessage())));
            return null;
        }
    }

    private @Nullable List<Long> sizes(JsonReader json, String name, String field, int limit) throws IOException {
        List<Long> sizes = new ArrayList<>();
        boolean good = json.peek() == JsonToken.BEGIN_ARRAY;
        if (good) {
            json.beginArray();
            while (json.hasNext()) {
                long size = size(json);
                good &= size >= 0 && sizes.size() < limit;
                if (good) {
                    sizes.add(size);
                }
            }
            json.endArray();
        } else {
            json.skipValue();
        }
        if (!good) {
            problems.add(
                    "tensor %s: %s must be an array of at most %d integers from 0 to 10^18",
                    Problems.quote(name), field, limit);
            return null;
        }
        return sizes;
    }

    /** Returns the next value if it is a size, else −1. */
    private static long size(JsonReader json) throws IOException {
        if (json.peek() != JsonToken.NUMBER) {
            json.skipValue();
            return -1;
        }
        String number = json.nextString();
        return SIZE.matcher(number).matches() ? Long.parseLong(number) : -1;
    }

    /** Returns the next value if it is a string. */
    private @Nullable String string(JsonReader json) throws IOException {
        if (json.peek() != JsonToken.STRING) {
            json.skipValue();
            return null;
        }
        String text = json.nextString();
        problems.checkText(text);
        return text;
    }
}
