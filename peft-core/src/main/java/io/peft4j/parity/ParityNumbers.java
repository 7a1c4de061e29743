package io.peft4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was computed for a case under the names of the case, and why the rest was not. */
final class ParityNumbers {

    private final Map<String, NDArray> computed = new LinkedHashMap<>();
    private final Map<String, String> reasons = new TreeMap<>();
    private final Map<String, String> inapplicable = new TreeMap<>();

    void put(String name, NDArray value) {
        computed.put(name, value);
    }

    /** Says why a quantity is not computed, which fails the run. */
    void missing(String name, String reason) {
        reasons.put(name, reason);
    }

    /** Says why a quantity does not apply, which does not fail the run. */
    void doesNotApply(String name, String reason) {
        inapplicable.put(name, reason);
    }

    /** Compares everything that the case expects. */
    ParityReport compare(ParityCase parity, double tolerance) {
        List<ParityReport.Quantity> quantities = new ArrayList<>();
        Map<String, String> missing = new TreeMap<>(reasons);
        for (String name : parity.expected()) {
            NDArray value = computed.get(name);
            NDArray expected = parity.get(name);
            if (inapplicable.containsKey(name)) {
                continue;
            }
            if (value == null) {
                missing.putIfAbsent(name, "nothing here computes it");
            } else if (!value.getShape().equals(expected.getShape())) {
                missing.put(name, "shape must be %s: %s".formatted(expected.getShape(), value.getShape()));
            } else {
                quantities.add(difference(name, doubles(value), doubles(expected)));
            }
        }
        return new ParityReport(quantities, lines(missing), lines(inapplicable), tolerance);
    }

    private static List<String> lines(Map<String, String> reasons) {
        return reasons.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .toList();
    }

    private static ParityReport.Quantity difference(String name, double[] a, double[] b) {
        double absolute = 0;
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = Math.abs(a[i] - b[i]);
            absolute = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(absolute, difference);
            largest = Math.max(largest, Math.abs(b[i]));
        }
        return new ParityReport.Quantity(name, absolute, absolute == 0 ? 0 : absolute / largest);
    }

    private static double[] doubles(NDArray array) {
        if (array.getDataType() == DataType.INT64) {
            return java.util.Arrays.stream(array.toLongArray()).asDoubleStream().toArray();
        }
        float[] values = NativeTensors.toFloats(array);
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** Writes what was computed under the names of the case. */
    void write(Path file) throws IOException {
        List<NamedTensor> tensors = new ArrayList<>();
        computed.forEach((name, value) -> tensors.add(
                new NamedTensor(name, value.getDataType() == DataType.INT64 ? DType.INT64 : DType.FLOAT32, value)));
        SafeTensorsWriter.write(file, tensors, Map.of("format", "pt"));
    }
}
