package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import java.lang.ref.WeakReference;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Starts A and B with a part of the weight of the base model that they adapt, so that s·B·A is that part. */
abstract class WeightStart {
    /** The largest singular values: A = √(S/s)·Vᵀ, B = U·√(S/s); Meng et al. 2024, arXiv:2404.02948. */
    static final WeightStart PRINCIPAL = new WeightStart() {
        @Override
        LoraFactors of(INDArray weight, int rank, double scaling) {
            return split(Decompositions.svd(weight).truncated(rank), rank, scaling);
        }
    };

    /** The first columns of Q and rows of R for W = Q·R; Büyükakyüz 2024, arXiv:2406.01775. */
    static final WeightStart ORTHONORMAL = new WeightStart() {
        @Override
        LoraFactors of(INDArray weight, int rank, double scaling) {
            Decompositions.Qr qr = Decompositions.qr(weight);
            INDArray q = qr.q().get(NDArrayIndex.all(), NDArrayIndex.interval(0, rank));
            INDArray r = qr.r().get(NDArrayIndex.interval(0, rank), NDArrayIndex.all());
            return new LoraFactors(r.dup(), q.dup(), scaling);
        }
    };

    /** What was computed last: the factors of one layer are asked for one after the other. */
    private record Last(
            WeightStart start, WeakReference<NDArray> weight, int rank, double scaling, LoraFactors factors) {}

    private static volatile @Nullable Last last;

    /** Returns the start of {@link #PRINCIPAL} by random projections, the same ones for every weight. */
    static WeightStart principal(int iterations) {
        return new Projected(iterations);
    }

    private static LoraFactors split(Decompositions.Svd svd, int rank, double scaling) {
        INDArray roots = Transforms.sqrt(svd.s().div(scaling));
        return new LoraFactors(
                svd.vt().mulColumnVector(roots.reshape(rank, 1)), svd.u().mulRowVector(roots), scaling);
    }

    /** Returns the factors of the part. */
    abstract LoraFactors of(INDArray weight, int rank, double scaling);

    Initializer a(String weight, int rank, double scaling) {
        return (target, random, base) -> HostMatrices.write(
                target, cached(base.get(weight), rank, scaling).a());
    }

    Initializer b(String weight, int rank, double scaling) {
        return (target, random, base) -> HostMatrices.write(
                target, cached(base.get(weight), rank, scaling).b());
    }

    private LoraFactors cached(NDArray weight, int rank, double scaling) {
        Last known = last;
        if (known != null
                && known.start().equals(this)
                && known.weight().refersTo(weight)
                && known.rank() == rank
                && known.scaling() == scaling) {
            return known.factors();
        }
        LoraFactors factors = of(HostMatrices.read(weight), rank, scaling);
        last = new Last(this, new WeakReference<>(weight), rank, scaling, factors);
        return factors;
    }

    /** The largest singular values, found by random projections. */
    private static final class Projected extends WeightStart {
        private final int iterations;

        Projected(int iterations) {
            this.iterations = iterations;
        }

        @Override
        LoraFactors of(INDArray weight, int rank, double scaling) {
            return split(Decompositions.randomizedSvd(weight, rank, iterations, new Random(iterations)), rank, scaling);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Projected start && start.iterations == iterations;
        }

        @Override
        public int hashCode() {
            return iterations;
        }
    }
}
