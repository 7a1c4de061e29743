package io.peft4j.bottleneck;

import io.peft4j.adapter.PeftConfig;
import io.peft4j.bottleneck.BottleneckWiring.Residual;
import java.util.List;
import java.util.Map;

/**
 * Where bottleneck adapters are and what they compute. Presets are those of AdapterHub, by the names of the papers and by
 * AdapterHub's.
 *
 * @param placement after which sub-layers
 * @param wiring what they read and what they are added to
 * @param shape what is inside
 * @param output what happens to their output
 * @param init how they start
 * @param invertible factor of an invertible function at the embeddings; 0 for none
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record BottleneckConfig(
        BottleneckPlacement placement,
        BottleneckWiring wiring,
        BottleneckShape shape,
        BottleneckOutput output,
        BottleneckInit init,
        double invertible,
        List<String> modulesToSave)
        implements PeftConfig {

    /** The method's name in files. */
    public static final String TYPE = "BOTTLENECK";

    public BottleneckConfig {
        modulesToSave = List.copyOf(modulesToSave);
        if (!(invertible >= 0) || Double.isInfinite(invertible)) {
            throw new IllegalArgumentException("inv_adapter_reduction_factor must be positive: " + invertible);
        }
        if (shape.phm().enabled() && init != BottleneckInit.BERT) {
            throw new IllegalArgumentException(
                    "PHM projections have an initialisation of their own: init_weights must be bert, not "
                            + init.fileName());
        }
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    /** Returns a builder that starts with {@link #pfeiffer}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns one bottleneck per layer, after the feed-forward part's norm (Pfeiffer et al. 2021): {@code seq_bn}. */
    public static BottleneckConfig pfeiffer() {
        return builder().build();
    }

    /**
     * Returns two bottlenecks per layer, before the norms: {@code double_seq_bn}.
     *
     * <p>The places are those of Houlsby et al. 2019, who used GELU, size 64 and trained the norms too.
     */
    public static BottleneckConfig houlsby() {
        return builder()
                .after(true, true)
                .originalNorm(false, true)
                .nonLinearity(NonLinearity.SWISH)
                .build();
    }

    /** Returns a bottleneck beside each feed-forward part, times 4 (He et al. 2022): {@code par_bn}. */
    public static BottleneckConfig parallel() {
        return builder()
                .parallel(true)
                .originalNorm(false, true)
                .reductionFactor(2)
                .init(BottleneckInit.MAM_ADAPTER)
                .scaling(Scaling.fixed(4))
                .build();
    }

    /** Returns a bottleneck beside each feed-forward part, times a learned number: {@code scaled_par_bn}. */
    public static BottleneckConfig scaledParallel() {
        return parallel().toBuilder().scaling(Scaling.LEARNED).build();
    }

    /** Returns Compacter (Mahabadi et al. 2021): Houlsby's places, projections of Kronecker products: {@code compacter}. */
    public static BottleneckConfig compacter() {
        return houlsby().toBuilder()
                .nonLinearity(NonLinearity.GELU)
                .reductionFactor(32)
                .phm(Phm.OFF.on())
                .build();
    }

    /** Returns Compacter++: after the feed-forward part alone: {@code compacter++}. */
    public static BottleneckConfig compacterPlusPlus() {
        return pfeiffer().toBuilder()
                .nonLinearity(NonLinearity.GELU)
                .reductionFactor(32)
                .phm(Phm.OFF.on())
                .build();
    }

    /** Returns AdapterPlus (Steitz and Roth 2024). */
    public static BottleneckConfig adapterPlus() {
        return builder()
                .originalNorm(true, false)
                .residual(Residual.AFTER_NORM)
                .stochasticDepth(0.1)
                .init(BottleneckInit.HOULSBY)
                .scaling(Scaling.CHANNEL)
                .nonLinearity(NonLinearity.GELU)
                .reductionFactor(96)
                .build();
    }

    /** Returns a GELU bottleneck of a size after each feed-forward part: x + up(gelu(down(x))), exact at the start. */
    public static BottleneckConfig sequential(int size) {
        return builder()
                .originalNorm(false, true)
                .size(size)
                .nonLinearity(NonLinearity.GELU)
                .init(BottleneckInit.MAM_ADAPTER)
                .build();
    }

    /** Returns a GELU bottleneck of a size beside each feed-forward part, exact at the start. */
    public static BottleneckConfig parallel(int size) {
        return sequential(size).toBuilder().parallel(true).build();
    }

    /** Returns the same with a reduction factor in the place of a bottleneck size, for a model of some width. */
    public BottleneckConfig withFactor(long width) {
        int size = shape.reduction().size();
        return size == 0
                ? this
                : toBuilder()
                        .reductionFactor(ReductionFactor.ofSize(size, width))
                        .build();
    }

    /** Returns a builder that starts with these settings. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.placement = placement;
        builder.wiring = wiring;
        builder.shape = shape;
        builder.output = output;
        builder.init = init;
        builder.invertible = invertible;
        builder.modulesToSave = modulesToSave;
        return builder;
    }

    /** Collects settings; {@link #build} checks them together. Not thread-safe. */
    public static final class Builder {
        private BottleneckPlacement placement = new BottleneckPlacement(false, true, false, LeaveOut.NONE);
        private BottleneckWiring wiring = new BottleneckWiring(false, true, true, Residual.BEFORE_NORM);
        private BottleneckShape shape =
                new BottleneckShape(ReductionFactor.of(16), NonLinearity.RELU, BottleneckShape.Norms.NONE, Phm.OFF);
        private BottleneckOutput output = new BottleneckOutput(Scaling.fixed(1), false, 0, 0);
        private BottleneckInit init = BottleneckInit.BERT;
        private double invertible;
        private List<String> modulesToSave = List.of();

        private Builder() {}

        /** Sets after which sub-layers there are bottlenecks; by default the feed-forward part alone. */
        public Builder after(boolean attention, boolean feedForward) {
            placement =
                    new BottleneckPlacement(attention, feedForward, placement.crossAttention(), placement.leaveOut());
            return this;
        }

        /** Sets whether there are bottlenecks after cross-attention. */
        public Builder afterCrossAttention(boolean value) {
            placement = new BottleneckPlacement(
                    placement.attention(), placement.feedForward(), value, placement.leaveOut());
            return this;
        }

        /** Sets the layers without bottlenecks. */
        public Builder leaveOut(List<Integer> layers) {
            placement = new BottleneckPlacement(
                    placement.attention(), placement.feedForward(), placement.crossAttention(), new LeaveOut(layers));
            return this;
        }

        /** Sets whether bottlenecks read the sub-layer's input. */
        public Builder parallel(boolean value) {
            wiring = new BottleneckWiring(value, wiring.normBefore(), wiring.normAfter(), wiring.residual());
            return this;
        }

        /** Sets whether the sum and the model's own norm come before and after the bottleneck. */
        public Builder originalNorm(boolean before, boolean after) {
            wiring = new BottleneckWiring(wiring.parallel(), before, after, wiring.residual());
            return this;
        }

        /** Sets what the bottleneck's own skip connection carries. */
        public Builder residual(Residual value) {
            wiring = new BottleneckWiring(wiring.parallel(), wiring.normBefore(), wiring.normAfter(), value);
            return this;
        }

        /** Sets width over size, 16 by default. */
        public Builder reductionFactor(double factor) {
            return reduction(ReductionFactor.of(factor));
        }

        /** Sets width over size for some layers, and for the others. */
        public Builder reductionFactors(Map<Integer, Double> byLayer, double others) {
            return reduction(ReductionFactor.byLayer(byLayer, others));
        }

        /** Sets the size of the bottleneck. */
        public Builder size(int value) {
            return reduction(ReductionFactor.toSize(value));
        }

        /** Sets how narrow bottlenecks are. */
        public Builder reduction(ReductionFactor value) {
            shape = new BottleneckShape(value, shape.nonLinearity(), shape.norms(), shape.phm());
            return this;
        }

        /** Sets the function between the projections. */
        public Builder nonLinearity(NonLinearity value) {
            shape = new BottleneckShape(shape.reduction(), value, shape.norms(), shape.phm());
            return this;
        }

        /** Sets new norms around the bottleneck. */
        public Builder norms(boolean before, boolean after) {
            return norms(new BottleneckShape.Norms(before, after, shape.norms().residualInside()));
        }

        /** Sets new norms around the bottleneck. */
        public Builder norms(BottleneckShape.Norms value) {
            shape = new BottleneckShape(shape.reduction(), shape.nonLinearity(), value, shape.phm());
            return this;
        }

        /** Sets projections of Kronecker products. */
        public Builder phm(Phm value) {
            shape = new BottleneckShape(shape.reduction(), shape.nonLinearity(), shape.norms(), value);
            return this;
        }

        /** Sets what the output is multiplied with. */
        public Builder scaling(Scaling value) {
            output = new BottleneckOutput(value, output.gating(), output.dropout(), output.stochasticDepth());
            return this;
        }

        /** Sets whether a learned gate weighs the output. */
        public Builder gating(boolean value) {
            output = new BottleneckOutput(output.scaling(), value, output.dropout(), output.stochasticDepth());
            return this;
        }

        /** Sets the probability of dropping an element of the output. */
        public Builder dropout(double value) {
            output = new BottleneckOutput(output.scaling(), output.gating(), value, output.stochasticDepth());
            return this;
        }

        /** Sets the probability of dropping the output of a whole row. */
        public Builder stochasticDepth(double value) {
            output = new BottleneckOutput(output.scaling(), output.gating(), output.dropout(), value);
            return this;
        }

        /** Sets how the projections start. */
        public Builder init(BottleneckInit value) {
            init = value;
            return this;
        }

        /** Sets half width over size of an invertible function at the embeddings; 0 for none. */
        public Builder invertible(double reductionFactor) {
            invertible = reductionFactor;
            return this;
        }

        /** Sets modules that are trained and saved as a whole. */
        public Builder modulesToSave(String... modules) {
            modulesToSave = List.of(modules);
            return this;
        }

        /**
         * Returns the settings.
         *
         * @throws IllegalArgumentException if they do not go together
         */
        public BottleneckConfig build() {
            return new BottleneckConfig(placement, wiring, shape, output, init, invertible, modulesToSave);
        }
    }
}
