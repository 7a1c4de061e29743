package io.peft4j.bottleneck;

import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many features bottlenecks have in the layers of a model, and what is wrong with that, layers of one fault together. */
final class BottleneckSizes {

    private static final Logger logger = LoggerFactory.getLogger(BottleneckSizes.class);

    private final ReductionFactor reduction;
    private final Phm phm;
    private final double invertible;
    private final int layers;
    private final long width;

    /** The layers that have bottlenecks, by factor; by 0 where there is a size, or no factor. */
    private final SortedMap<Double, List<Integer>> byFactor = new TreeMap<>();

    BottleneckSizes(BottleneckConfig config, BaseModel base, long width) {
        this.reduction = config.shape().reduction();
        this.phm = config.shape().phm();
        this.invertible = config.invertible();
        this.layers = base.architecture().layers();
        this.width = width;
        for (int layer = 0; layer < layers; layer++) {
            if (!config.placement().leaveOut().contains(layer)) {
                byFactor.computeIfAbsent(reduction.in(layer), factor -> new ArrayList<>())
                        .add(layer);
            }
        }
    }

    /**
     * Returns what is wrong.
     *
     * @param isNew whether factors that leave a fraction, which AdapterHub cuts off, are wrong too
     */
    List<String> problems(boolean isNew) {
        List<String> problems = new ArrayList<>();
        reduction.byLayer().keySet().stream()
                .filter(layer -> layer < 0 || layer >= layers)
                .forEach(layer -> problems.add("reduction_factor names layer %d, and the model has layers 0 to %d"
                        .formatted(layer, layers - 1)));
        byFactor.forEach((factor, where) -> check(factor, where, isNew, problems));
        if (invertible > 0 && ReductionFactor.floorDivision(width / 2, invertible) < 1) {
            problems.add(
                    "inv_adapter_reduction_factor %s leaves nothing of half the width %d".formatted(invertible, width));
        } else if (isNew && isCut(invertible, width / 2)) {
            problems.add(fraction(
                    "inv_adapter_reduction_factor", invertible, "half the width", width / 2, 1, "the embeddings"));
        }
        return problems;
    }

    private void check(double factor, List<Integer> where, boolean isNew, List<String> problems) {
        String names = LayerNames.of(where);
        if (factor == 0 && reduction.size() == 0) {
            problems.add("no reduction factor for %s, and no default: %s".formatted(names, reduction.byLayer()));
            return;
        } else if (factor > 0 && width / factor > Integer.MAX_VALUE) {
            problems.add("reduction_factor %s makes more features of the width %d in %s than the %d that can be"
                    .formatted(factor, width, names, Integer.MAX_VALUE));
            return;
        }
        int size = reduction.sizeIn(where.get(0), width);
        boolean fits = !phm.enabled() || width % phm.dim() == 0;
        int multiple = phm.enabled() && fits ? phm.dim() : 1;
        boolean isCut = isNew && isCut(factor, width);
        if (isCut) {
            String instead =
                    ", or bottleneck_size %d in its place".formatted(Math.max(multiple, size / multiple * multiple));
            problems.add(fraction("reduction_factor", factor, "the width", width, multiple, names)
                    + (reduction.byLayer().isEmpty() ? instead : ""));
        }
        if (!fits || (!isCut && size % multiple != 0)) {
            problems.add("phm_dim %d must divide the width %d and the bottleneck size %d in %s: use phm_dim %s%s"
                    .formatted(phm.dim(), width, size, names, phmDims(size), fits ? sizes(factor, size) : ""));
        }
    }

    private String phmDims(int size) {
        return new WholeSizes(WholeSizes.common(width, size), 1).near(phm.dim());
    }

    /** Says which sizes go with the dimension of the products. */
    private String sizes(double factor, int size) {
        return factor > 0
                ? ", or reduction_factor " + new WholeSizes(width, phm.dim()).nearFactor(factor)
                : ", or bottleneck_size " + Math.max(phm.dim(), size / phm.dim() * phm.dim());
    }

    private static String fraction(String field, double factor, String what, long whole, int multiple, String where) {
        return "%s %s does not divide %s %d in %s: the features of a new bottleneck must be a whole number; use %s"
                .formatted(
                        field,
                        BottleneckFile.number(factor),
                        what,
                        whole,
                        where,
                        new WholeSizes(whole, multiple).nearFactor(factor));
    }

    private static boolean isCut(double factor, long whole) {
        return factor > 0 && whole / factor <= Integer.MAX_VALUE && !ReductionFactor.divides(whole, factor);
    }

    /** Says what is legal and may surprise. */
    void tell() {
        byFactor.forEach((factor, where) -> {
            int size = reduction.sizeIn(where.get(0), width);
            String names = LayerNames.of(where);
            if (size > width) {
                logger.warn("bottlenecks of {} features are wider than the {} of {}", size, width, names);
            } else if (isCut(factor, width)) {
                logger.info(
                        "reduction_factor {} does not divide the width {} of {}: {} features",
                        factor,
                        width,
                        names,
                        size);
            }
        });
    }
}
