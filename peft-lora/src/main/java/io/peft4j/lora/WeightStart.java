package io.peft4j.lora;

import ai.djl.ndarray.NDArray;
import io.peft4j.model.Initializer;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Starts A and B with a part of the weight of the base model that they adapt, so that s·B·A is that part. */
enum WeightStart {
    /** The largest singular values: A = √(S/s)·Vᵀ, B = U·√(S/s); Meng et al. 2024, arXiv:2404.02948. */
    PRINCIPAL {
        @Override
        LoraFactors of(INDArray weight, int rank, double scaling) {
            Decompositions.Svd svd = Decompositions.svd(weight).truncated(rank);
            INDArray roots = Transforms.sqrt(svd.s().div(scaling));
            return new LoraFactors(
                    svd.vt().mulColumnVector(roots.reshape(rank, 1)), svd.u().mulRowVector(roots), scaling);
        }
    },
    /** The first columns of Q and rows of R for W = Q·R; Büyükakyüz 2024, arXiv:2406.01775. */
    ORTHONORMAL {
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
                && known.start() == this
                && known.weight().refersTo(weight)
                && known.rank() == rank
                && known.scaling() == scaling) {
            return known.factors();
        }
        LoraFactors factors = of(HostMatrices.read(weight), rank, scaling);
        last = new Last(this, new WeakReference<>(weight), rank, scaling, factors);
        return factors;
    }
}
