package io.peft4j.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.TaskType;
import io.peft4j.program.CompiledProgram;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import io.peft4j.program.Recording;
import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model's own matrix products alone, each on the fastest routine there is: what a step would take if everything else
 * were free.
 *
 * <p>A frozen linear is multiplied twice, forward and for the gradient of its input; a trained one three times.
 * Embeddings, attention products and adapters are not counted.
 */
final class MatmulFloor {

    private static final int LAPS = 7;

    /** The sizes of a product: [rows, in] by [out, in]. */
    private record Product(long rows, long in, long out) {
        double operations() {
            return 2.0 * rows * in * out;
        }

        /** Returns the products of a step: itself, the gradient of x, the gradient of W. */
        List<Product> passes(int count) {
            return List.of(this, new Product(rows, out, in), new Product(out, rows, in))
                    .subList(0, count);
        }
    }

    private MatmulFloor() {}

    /** Returns the multiplications and additions of a step over so many rows of so many tokens. */
    static double operations(BaseModel base, int rows, int length, int passes) {
        return products(base, rows, length).stream()
                .flatMap(product -> product.passes(passes).stream())
                .mapToDouble(Product::operations)
                .sum();
    }

    /** Measures the products of a step. */
    static double milliseconds(BaseModel base, int rows, int length, int passes) {
        Map<Product, Double> known = new HashMap<>();
        double milliseconds = 0;
        try (NDManager manager = base.newManager()) {
            for (Product product : products(base, rows, length)) {
                for (Product pass : product.passes(passes)) {
                    milliseconds += known.computeIfAbsent(pass, p -> shortest(manager, base.dtype(), p));
                }
            }
        }
        return milliseconds;
    }

    private static List<Product> products(BaseModel base, int rows, int length) {
        Map<String, Product> products = new TreeMap<>();
        for (AttachmentPoint point : base.attachmentPoints()) {
            if (point.kind() == AttachmentPoint.Kind.LINEAR) {
                boolean perText = base.task().type() == TaskType.SEQ_CLS
                        && (point.head() || point.path().contains("pooler"));
                long tokens = perText ? rows : (long) rows * length;
                products.put(point.path(), new Product(tokens, point.in(), point.out()));
            }
        }
        return List.copyOf(products.values());
    }

    /** Returns the median milliseconds of a product on the fastest routine. */
    private static double shortest(NDManager manager, DType dtype, Product product) {
        double best = Double.POSITIVE_INFINITY;
        try (NDManager scratch = manager.newSubManager()) {
            List<NDArray> arguments = List.of(
                    NativeTensors.normal(scratch, dtype, 1, 1, product.rows(), product.in()),
                    NativeTensors.normal(scratch, dtype, 2, 1, product.out(), product.in()));
            for (Kernels.LinearKernel kernel : Kernels.LinearKernel.values()) {
                best = Math.min(best, median(scratch, program(dtype, product, kernel), arguments));
            }
        }
        return best;
    }

    private static CompiledProgram program(DType dtype, Product product, Kernels.LinearKernel kernel) {
        Recording recording = new Recording();
        Tensor x = recording.input("x", TensorType.of(dtype, product.rows(), product.in()));
        Tensor w = recording.input("w", TensorType.of(dtype, product.out(), product.in()));
        return CompiledProgram.of(recording.program(List.of(x.linear(w))), new Kernels(kernel, true));
    }

    private static double median(NDManager manager, CompiledProgram program, List<NDArray> arguments) {
        List<Double> laps = new ArrayList<>();
        for (int i = 0; i <= LAPS; i++) {
            long begin = System.nanoTime();
            program.run(manager, arguments).forEach(NDArray::close);
            if (i > 0) {
                laps.add((System.nanoTime() - begin) / 1e6);
            }
        }
        Collections.sort(laps);
        return laps.get(LAPS / 2);
    }
}
