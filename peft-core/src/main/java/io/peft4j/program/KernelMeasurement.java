package io.peft4j.program;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.Kernels.LinearKernel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times a linear layer forward and backward in each kernel and picks the fastest for a type, in about a tenth of a second.
 *
 * <p>The system property {@code peft4j.linear} with the name of a kernel forces one instead.
 */
final class KernelMeasurement {

    private static final Logger logger = LoggerFactory.getLogger(KernelMeasurement.class);
    private static final int ROWS = 512;
    private static final int WIDTH = 768;
    private static final int INNER = 3072;
    private static final int ROUNDS = 3;

    private static final Map<DType, LinearKernel> FASTEST = new ConcurrentHashMap<>();

    private KernelMeasurement() {}

    /** Returns the fastest kernels for models of a type, measured when they are first asked for. */
    static Kernels of(DType dtype) {
        LinearKernel fastest = FASTEST.computeIfAbsent(dtype, type -> {
            String forced = System.getProperty("peft4j.linear");
            return forced == null ? fastest(type) : LinearKernel.valueOf(forced);
        });
        logger.debug("kernel for {}: {}", dtype, fastest);
        return new Kernels(fastest, true);
    }

    private static LinearKernel fastest(DType dtype) {
        try (NDManager manager = NativeTensors.processManager().newSubManager()) {
            List<NDArray> arguments =
                    List.of(random(manager, dtype, ROWS, WIDTH), random(manager, dtype, INNER, WIDTH));
            List<Candidate> candidates = new ArrayList<>();
            for (LinearKernel kernel : LinearKernel.values()) {
                try {
                    Candidate candidate = new Candidate(kernel, dtype);
                    candidate.time(manager, arguments);
                    candidates.add(candidate);
                } catch (EngineException e) {
                    logger.debug("this processor or build of libtorch has no kernel {} for {}", kernel, dtype, e);
                }
            }
            for (int round = 1; round < ROUNDS; round++) {
                candidates.forEach(candidate -> candidate.time(manager, arguments));
            }
            return candidates.stream()
                    .min(Comparator.comparingLong(candidate -> candidate.shortest))
                    .orElseThrow()
                    .kernel;
        }
    }

    private static NDArray random(NDManager manager, DType dtype, int rows, int columns) {
        return NativeTensors.cast(manager, manager.randomUniform(-1, 1, new Shape(rows, columns)), dtype);
    }

    /** A kernel and the shortest time it has taken. */
    private static final class Candidate {
        private final LinearKernel kernel;
        private final CompiledProgram program;
        private long shortest = Long.MAX_VALUE;

        Candidate(LinearKernel kernel, DType dtype) {
            this.kernel = kernel;
            Recording recording = new Recording();
            Tensor x = recording.input("x", TensorType.of(dtype, ROWS, WIDTH));
            Tensor weight = recording.input("weight", TensorType.of(dtype, INNER, WIDTH));
            Tensor y = x.linear(weight);
            this.program = CompiledProgram.of(
                    recording.program(List.of(recording.apply(LinearAlgebra.linear(true), y, weight))),
                    new Kernels(kernel, true));
        }

        void time(NDManager manager, List<NDArray> arguments) {
            long begin = System.nanoTime();
            program.run(manager, arguments).forEach(NDArray::close);
            shortest = Math.min(shortest, System.nanoTime() - begin);
        }
    }
}
