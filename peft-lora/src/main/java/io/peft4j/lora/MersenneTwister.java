package io.peft4j.lora;

/**
 * The generator of PyTorch's CPU tensors, MT19937: Matsumoto and Nishimura 1998.
 *
 * <p>Makes, bit for bit, the numbers that {@code torch.Generator().manual_seed(seed)} gives.
 */
final class MersenneTwister {

    private static final int SIZE = 624;
    private static final int SHIFT = 397;
    private static final int FLOAT_BITS = 24;

    private final int[] state = new int[SIZE];
    private int next = SIZE;

    MersenneTwister(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < SIZE; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    /** Returns the next float of U(low, high), as {@code uniform_} rounds it. */
    float uniform(float low, float high) {
        float unit = (nextInt() & ((1 << FLOAT_BITS) - 1)) * 0x1p-24f;
        return Math.fma(unit, high - low, low);
    }

    /** Passes over some numbers. */
    void skip(long count) {
        for (long i = 0; i < count; i++) {
            nextInt();
        }
    }

    private int nextInt() {
        if (next == SIZE) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void refill() {
        for (int i = 0; i < SIZE; i++) {
            int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
            state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
        }
        next = 0;
    }
}
