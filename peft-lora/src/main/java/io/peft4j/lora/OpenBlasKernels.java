package io.peft4j.lora;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which kernels ND4J's OpenBLAS loads with.
 *
 * <p>Those of OpenBLAS 0.3.19 for AVX-512 give wrong singular vectors of matrices of 200 columns and more; those for AVX2 are right.
 * OpenBLAS decides when it is loaded, by a variable that a user's own setting of is left alone.
 */
final class OpenBlasKernels {

    private static final String VARIABLE = "OPENBLAS_CORETYPE";
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private OpenBlasKernels() {}

    /** Keeps the wrong kernels out; without effect if ND4J is loaded already, or where no such processor is found. */
    static void choose() {
        if (Platform.isLinux() && System.getenv(VARIABLE) == null && hasAvx512()) {
            Function set = NativeLibrary.getInstance("c").getFunction("setenv");
            set.invokeInt(new Object[] {VARIABLE, "Haswell", 0});
        }
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
