package io.peft4j.lora;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How ND4J's OpenBLAS is loaded: with which kernels, and how many threads.
 *
 * <p>The kernels of OpenBLAS 0.3.19 for AVX-512 give wrong singular vectors of matrices of 200 columns and more; those for AVX2
 * are right. OpenBLAS decides when it is loaded, by a variable that a user's own setting of is left alone.
 *
 * <p>ND4J asks for a thread per core, whatever {@code OPENBLAS_NUM_THREADS} says. They wait for each other in loops, which takes several
 * times as long where other processes have the cores.
 */
final class OpenBlas {

    private static final String KERNELS = "OPENBLAS_CORETYPE";
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private OpenBlas() {}

    /** Loads it; keeps the wrong kernels out unless ND4J is loaded already, or where no such processor is found. */
    static void load() {
        if (Platform.isLinux() && System.getenv(KERNELS) == null && hasAvx512()) {
            Function set = NativeLibrary.getInstance("c").getFunction("setenv");
            set.invokeInt(new Object[] {KERNELS, "Haswell", 0});
        }
        Nd4j.factory().blas().setMaxThreads(threads(System.getenv()));
    }

    /** Returns how many threads a user asks for, else one. */
    static int threads(Map<String, String> environment) {
        String asked =
                environment.getOrDefault("OPENBLAS_NUM_THREADS", environment.getOrDefault("OMP_NUM_THREADS", ""));
        return asked.matches("[1-9]\\d{0,3}") ? Integer.parseInt(asked) : 1;
    }

    private static boolean hasAvx512() {
        try {
            return Files.exists(PROCESSORS)
                    && Files.readString(PROCESSORS, StandardCharsets.ISO_8859_1).contains("avx512f");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
