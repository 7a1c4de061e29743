package io.peft4j.bottleneck;

/**
 * A projection that is a sum of Kronecker products of small matrices, as in Compacter (Mahabadi et al. 2021):
 * W = Σᵢ Rᵢ ⊗ (Lᵢ·Mᵢ), i &lt; n.
 *
 * <ul>
 *   <li>R: [n, n, n], the rules
 *   <li>L: [n, in/n, rank], M: [n, rank, out/n]
 * </ul>
 *
 * @param enabled whether projections are made so; the other values are kept for the file
 * @param dim n; in and out must be multiples
 * @param rank inner dimension of L and M
 * @param weights how the small matrices are made
 * @param rules how the rules are made
 * @param bias whether a bias is added
 * @param init names of initialisers, for the file; the small matrices start from Xavier's normal distribution
 */
public record Phm(boolean enabled, int dim, int rank, Weights weights, Rules rules, boolean bias, Init init) {

    /** Compacter's settings, switched off. */
    public static final Phm OFF = new Phm(
            false,
            4,
            1,
            new Weights(true, false),
            new Rules(false, true, true),
            true,
            new Init("normal", 1e-4, "glorot-uniform"));

    /**
     * How the small matrices are made.
     *
     * @param factorized whether they are products L·M
     * @param shared whether all bottlenecks share them
     */
    public record Weights(boolean factorized, boolean shared) {}

    /**
     * How the rules are made.
     *
     * @param factorized whether they are products of a column and a row
     * @param shared whether all bottlenecks share them
     * @param learned whether they train
     */
    public record Rules(boolean factorized, boolean shared, boolean learned) {}

    /**
     * How things start.
     *
     * @param rules {@code normal} or {@code uniform}
     * @param range deviation of shared rules
     * @param weights what the file says of the small matrices
     */
    public record Init(String rules, double range, String weights) {}

    public Phm {
        if (dim < 1 || rank < 1) {
            throw new IllegalArgumentException("phm_dim and phm_rank must be positive: %d and %d".formatted(dim, rank));
        }
        if (!init.rules().equals("normal") && !init.rules().equals("uniform")) {
            throw new IllegalArgumentException("phm_c_init must be normal or uniform: " + init.rules());
        }
    }

    /** Returns these settings switched on. */
    public Phm on() {
        return new Phm(true, dim, rank, weights, rules, bias, init);
    }

    /** Returns other sizes. */
    public Phm with(int newDim, int newRank) {
        return new Phm(enabled, newDim, newRank, weights, rules, bias, init);
    }
}
