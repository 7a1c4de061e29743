package io.peft4j.lora;

/**
 * How a weight [out, in] splits into the sizes of a Kronecker product P⊗Q.
 *
 * @param l rows of P
 * @param k rows of Q, out = l·k
 * @param m columns of P
 * @param n columns of Q, in = m·n
 * @param rank r of the factors of a matrix that is not whole
 * @param wholeP whether P is one matrix
 * @param wholeQ whether Q is one matrix
 */
record LokrShape(long l, long k, long m, long n, int rank, boolean wholeP, boolean wholeQ) {

    /**
     * Splits a weight.
     *
     * @param factor the size of P that is wanted, or −1 for the one nearest to a square
     * @param decomposesBoth whether P may be a product too
     */
    static LokrShape of(long out, long in, int rank, int factor, boolean decomposesBoth) {
        long l = sizeOfP(out, factor);
        long m = sizeOfP(in, factor);
        long k = out / l;
        long n = in / m;
        boolean wholeP = !decomposesBoth || 2L * rank >= Math.max(l, m);
        return new LokrShape(l, k, m, n, rank, wholeP, 2L * rank >= Math.max(k, n));
    }

    /** Returns the wanted factor if it divides the size, else the largest divisor up to it and to the square root. */
    private static long sizeOfP(long size, int factor) {
        if (factor > 0 && size % factor == 0) {
            return factor;
        }
        long limit = factor == -1 ? size : factor;
        long best = 1;
        for (long divisor = 1; divisor * divisor <= size && divisor <= limit; divisor++) {
            best = size % divisor == 0 ? divisor : best;
        }
        return best;
    }
}
