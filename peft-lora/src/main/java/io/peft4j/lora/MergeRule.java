package io.peft4j.lora;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What several tensors of equal size become together: a function of the tensors τᵢ and their weights wᵢ, element by
 * element after some elements were left out.
 */
public interface MergeRule {

    /**
     * Returns the merged tensor.
     *
     * @param tensors of equal length
     * @param weights one for each
     */
    double[] merge(List<double[]> tensors, double[] weights);

    /** Returns Σ wᵢ·τᵢ. */
    static MergeRule sum() {
        return (tensors, weights) -> {
            double[] sum = new double[tensors.get(0).length];
            for (int t = 0; t < weights.length; t++) {
                double[] tensor = tensors.get(t);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += weights[t] * tensor[i];
                }
            }
            return sum;
        };
    }

    /**
     * Returns the sum of tensors of which only the largest elements are left.
     *
     * @param density the share of elements that are left, in (0, 1]
     */
    static MergeRule magnitudePrune(double density) {
        checkDensity(density);
        return (tensors, weights) -> sum().merge(each(tensors, tensor -> largest(tensor, density)), weights);
    }

    /**
     * Returns TIES: of the largest elements, those that agree with the sign of their sum, averaged; Yadav et al. 2023, <a
     * href="https://arxiv.org/abs/2306.01708">arXiv:2306.01708</a>.
     *
     * @param density the share of elements that are left, in (0, 1]
     */
    static MergeRule ties(double density) {
        checkDensity(density);
        return (tensors, weights) -> elect(each(tensors, tensor -> largest(tensor, density)), weights);
    }

    /**
     * Returns DARE: the sum of tensors of which elements were left out at random and the others scaled up; Yu et al. 2023,
     * <a href="https://arxiv.org/abs/2311.03099">arXiv:2311.03099</a>.
     *
     * @param density the share of elements that are left, in (0, 1]
     */
    static MergeRule dare(double density, long seed) {
        checkDensity(density);
        return (tensors, weights) -> sum().merge(thinned(tensors, density, seed), weights);
    }

    /** Returns {@link #dare} with the signs elected as {@link #ties} does. */
    static MergeRule dareTies(double density, long seed) {
        checkDensity(density);
        return (tensors, weights) -> elect(thinned(tensors, density, seed), weights);
    }

    private static double[] elect(List<double[]> tensors, double[] weights) {
        double[] merged = new double[tensors.get(0).length];
        for (int i = 0; i < merged.length; i++) {
            double total = 0;
            for (double[] tensor : tensors) {
                total += tensor[i];
            }
            double sign = total >= 0 ? 1 : -1;
            double sum = 0;
            int agreeing = 0;
            for (int t = 0; t < weights.length; t++) {
                if (Math.signum(tensors.get(t)[i]) == sign) {
                    sum += weights[t] * tensors.get(t)[i];
                    agreeing++;
                }
            }
            merged[i] = sum / Math.max(agreeing, 1);
        }
        return merged;
    }

    private static double[] largest(double[] tensor, double density) {
        int kept = (int) (density * tensor.length);
        double[] pruned = new double[tensor.length];
        IntStream.range(0, tensor.length)
                .boxed()
                .sorted((i, j) -> Double.compare(Math.abs(tensor[j]), Math.abs(tensor[i])))
                .limit(kept)
                .forEach(i -> pruned[i] = tensor[i]);
        return pruned;
    }

    private static List<double[]> thinned(List<double[]> tensors, double density, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return each(tensors, tensor -> {
            double[] thin = new double[tensor.length];
            for (int i = 0; i < thin.length; i++) {
                thin[i] = random.nextDouble() < density ? tensor[i] / density : 0;
            }
            return thin;
        });
    }

    private static List<double[]> each(List<double[]> tensors, UnaryOperator<double[]> function) {
        List<double[]> results = new ArrayList<>();
        tensors.forEach(tensor -> results.add(function.apply(tensor)));
        return results;
    }

    private static void checkDensity(double density) {
        Settings.check(density > 0 && density <= 1, "density must be in (0, 1]: %s", density);
    }
}
