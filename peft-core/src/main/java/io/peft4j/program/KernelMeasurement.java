package io.peft4j.program;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.program.Kernels.AttentionKernel;
import io.peft4j.program.Kernels.LinearKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times kernels on small programs, each question once per process, in about a tenth of a second.
 *
 * <p>Runs of a few milliseconds have a fair chance not to be interrupted on a machine that is busy.
 */
final class KernelMeasurement {

    private static final Logger logger = LoggerFactory.getLogger(KernelMeasurement.class);
    private static final int ROWS = 192;
    /** Up to so many rows a product takes the time of reading its weight, beyond them that of multiplying. */
    private static final List<Integer> FEW_ROWS = List.of(1, 4, 16);
    /** More memory than caches hold: the weights of a model are not in them when it computes the next token. */
    private static final long UNCACHED_BYTES = 64L << 20;

    private static final int WIDTH = 768;
    private static final int INNER = 3072;
    private static final Trial LINEAR = new Trial(8, 0.03);
    /** A copy of the weights has to save more than another call does. */
    private static final Trial PACKED = new Trial(8, 0.05);

    private static final int ATTENDING = 256;
    private static final int HEADS = 12;
    private static final int HEAD_WIDTH = 64;
    /** Fewer tokens than half of the first are hardly work, more than the last would take too long to measure and too much memory as products. */
    private static final List<Long> LENGTHS = List.of(16L, 32L, 64L, 128L, 256L, 512L);

    private static final Trial ATTENTION = new Trial(4, 0.1);

    /** A question about attention over so many tokens. */
    private record AttentionSize(DType dtype, long tokens) {}

    /** A question about linear layers over so many rows. */
    private record LinearSize(DType dtype, int rows, boolean transposed) {}

    private static final Map<LinearSize, LinearKernel> LINEARS = new ConcurrentHashMap<>();
    private static final Map<LinearSize, Boolean> PACKS = new ConcurrentHashMap<>();
    private static final Map<AttentionSize, Boolean> ATTENTIONS = new ConcurrentHashMap<>();

    private KernelMeasurement() {}

    /** Returns kernels for linear layers of a type, measured when they are first asked for. */
    static Kernels linear(DType dtype, long rows, boolean mayPack) {
        int measured = FEW_ROWS.stream().filter(few -> rows <= few).findFirst().orElse(ROWS);
        LinearSize size = new LinearSize(dtype, measured, false);
        LinearKernel linear = LINEARS.computeIfAbsent(size, KernelMeasurement::fastest);
        // Nobody trains on few rows.
        LinearKernel transposed = measured == ROWS
                ? LINEARS.computeIfAbsent(new LinearSize(dtype, measured, true), KernelMeasurement::fastest)
                : LinearKernel.DEFAULT;
        boolean packs = mayPack && PACKS.computeIfAbsent(size, same -> packs(same, linear));
        return new Kernels(linear, transposed, packs, AttentionKernel.USUAL, true);
    }

    private static LinearKernel fastest(LinearSize size) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            Products products = new Products(manager, size);
            List<LinearKernel> others = Arrays.stream(LinearKernel.values())
                    .filter(kernel -> kernel != LinearKernel.DEFAULT)
                    .filter(kernel -> runs(() -> products.run(kernel)))
                    .toList();
            LinearKernel fastest =
                    LINEAR.winner(LinearKernel.DEFAULT, others, kernel -> time(() -> products.run(kernel)));
            logger.debug("for {}: {}", size, fastest);
            return fastest;
        } finally {
            ProcessMemory.release();
        }
    }

    /** Returns whether packed weights are worth a copy. */
    private static boolean packs(LinearSize size, LinearKernel kernel) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            Products products = new Products(manager, size);
            if (!runs(() -> products.run(LinearKernel.ONEDNN)) || !runs(products::pack)) {
                return false;
            }
            boolean packs = PACKED.winner(
                    false, List.of(true), packed -> time(packed ? products::runPacked : () -> products.run(kernel)));
            logger.debug("for {}: packed weights {}", size, packs);
            return packs;
        } finally {
            ProcessMemory.release();
        }
    }

    private static boolean runs(Runnable run) {
        try {
            run.run();
            return true;
        } catch (EngineException e) {
            logger.debug("this processor or build of libtorch has no such routine", e);
            return false;
        }
    }

    /** Products of some rows with one weight after the other. */
    private static final class Products {
        private final NDManager manager;
        private final Program program;
        private final NDArray rows;
        private final List<NDArray> weights;
        private List<NDArray> packed = List.of();

        Products(NDManager manager, LinearSize size) {
            this.manager = manager;
            long in = size.transposed() ? INNER : WIDTH;
            Recording recording = new Recording();
            Tensor x = recording.input("x", TensorType.of(size.dtype(), size.rows(), in));
            Tensor weight = recording.input("weight", TensorType.of(size.dtype(), INNER, WIDTH));
            program = recording.program(List.of(recording.apply(LinearAlgebra.linear(size.transposed()), x, weight)));
            rows = NativeTensors.normal(manager, size.dtype(), 1, 1, size.rows(), in);
            weights = weights(manager, size);
        }

        /** Packs the weights and runs once. */
        void pack() {
            packed = weights.stream()
                    .map(weight -> Packing.pack(manager, List.of(weight), false))
                    .toList();
            runPacked();
        }

        void run(LinearKernel kernel) {
            run(CompiledProgram.of(program, new Kernels(kernel, true)), weights);
        }

        void runPacked() {
            Program same = Packing.of(program, Set.of("weight")).program();
            run(CompiledProgram.of(same, new Kernels(LinearKernel.ONEDNN, true)), packed);
        }

        private void run(CompiledProgram compiled, List<NDArray> each) {
            each.forEach(weight -> compiled.run(manager, List.of(rows, weight)).forEach(NDArray::close));
        }
    }

    /** Returns the weights that a run multiplies with in turn: one for many rows, more than caches hold for few. */
    private static List<NDArray> weights(NDManager manager, LinearSize size) {
        NDArray first = NativeTensors.normal(manager, size.dtype(), 2, 1, INNER, WIDTH);
        long bytes = (long) INNER * WIDTH * size.dtype().bytes();
        long count = size.rows() == ROWS ? 1 : UNCACHED_BYTES / bytes;
        return LongStream.range(0, count)
                .mapToObj(i -> i == 0 ? first : NativeTensors.cast(manager, first, size.dtype()))
                .toList();
    }

    /** Returns whether attention over so many tokens is better fused, forward and backward taken together. */
    static boolean fusesAttention(DType dtype, long tokens) {
        boolean usual = AttentionKernel.USUAL.fuses(dtype, tokens);
        if (tokens <= LENGTHS.get(0) / 2 || tokens > LENGTHS.get(LENGTHS.size() - 1)) {
            return usual;
        }
        long length =
                LENGTHS.stream().filter(step -> step >= tokens).findFirst().orElse(tokens);
        return ATTENTIONS.computeIfAbsent(new AttentionSize(dtype, length), KernelMeasurement::fuses);
    }

    private static boolean fuses(AttentionSize size) {
        boolean usual = AttentionKernel.USUAL.fuses(size.dtype(), size.tokens());
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            AttentionStep one = new AttentionStep(manager, size, true);
            AttentionStep products = new AttentionStep(manager, size, false);
            one.run();
            products.run();
            boolean fused = ATTENTION.winner(usual, List.of(!usual), way -> time((way ? one : products)::run));
            logger.debug("for {}: attention in one operation {}", size, fused);
            return fused;
        }
    }

    private static long time(Runnable run) {
        long begin = System.nanoTime();
        run.run();
        return System.nanoTime() - begin;
    }

    /** Attention forward and backward. */
    private static final class AttentionStep {
        private final NDManager manager;
        private final CompiledProgram forward;
        private final CompiledProgram backward;
        private final List<NDArray> inputs = new ArrayList<>();
        private final NDArray gradient;

        AttentionStep(NDManager manager, AttentionSize size, boolean fused) {
            this.manager = manager;
            long rows = Math.max(1, ATTENDING / size.tokens());
            long[] shape = {rows, HEADS, size.tokens(), HEAD_WIDTH};
            Recording recording = new Recording();
            List<Tensor> x = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                x.add(recording.input(name, TensorType.of(size.dtype(), shape)));
                inputs.add(NativeTensors.normal(manager, size.dtype(), x.size(), 1, shape));
            }
            Tensor mask = recording.input("mask", TensorType.of(size.dtype(), rows, 1, 1, size.tokens()));
            inputs.add(NativeTensors.zeros(manager, size.dtype(), rows, 1, 1, size.tokens()));
            gradient = NativeTensors.normal(manager, size.dtype(), 0, 1, shape);
            double scale = 1 / Math.sqrt(HEAD_WIDTH);
            Tensor y = fused
                    ? x.get(0).attention(x.get(1), x.get(2), mask, scale)
                    : x.get(0)
                            .scale(scale)
                            .matMul(x.get(1), false, true)
                            .add(mask)
                            .softmax()
                            .matMul(x.get(2));
            Differentiation.Result result =
                    Differentiation.of(recording.program(List.of(y)), Set.of(0), List.of("q", "k", "v"), List.of());
            forward = CompiledProgram.of(result.forward(), new Kernels(LinearKernel.DEFAULT, true));
            backward = CompiledProgram.of(result.backward(), new Kernels(LinearKernel.DEFAULT, true));
        }

        void run() {
            try (NDManager scratch = manager.newSubManager()) {
                List<NDArray> results = forward.run(scratch, inputs);
                List<NDArray> arguments = new ArrayList<>();
                for (String name : backward.program().inputNames()) {
                    if (name.startsWith("kept.")) {
                        arguments.add(results.get(1 + Integer.parseInt(name.substring("kept.".length()))));
                    } else if (name.startsWith("gradient.")) {
                        arguments.add(gradient);
                    } else {
                        arguments.add(inputs.get(forward.program().inputNames().indexOf(name)));
                    }
                }
                backward.run(scratch, arguments);
            }
        }
    }
}
