package io.peft4j.testkit;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Structure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The memory of this process outside the Java heap, as far as the system tells. */
public final class NativeMemory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private static final Optional<Function> STATISTICS = statistics();

    private NativeMemory() {}

    /**
     * Returns the bytes that native code has allocated and not freed, 0 where the C library does not tell.
     *
     * <p>Unlike resident memory this does not depend on what the allocator and the Java heap hold in reserve.
     */
    public static long allocatedBytes() {
        return STATISTICS
                .map(function -> (Statistics) function.invoke(Statistics.class, new Object[0]))
                .map(statistics -> statistics.uordblks.longValue() + statistics.hblkhd.longValue())
                .orElse(0L);
    }

    /** Returns the resident memory in bytes after a garbage collection, 0 where the system does not tell. */
    public static long residentBytes() {
        System.gc();
        if (!Files.exists(STATUS)) {
            return 0;
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .map(bytes -> bytes - Runtime.getRuntime().totalMemory())
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Function> statistics() {
        if (!Platform.isLinux()) {
            return Optional.empty();
        }
        try {
            return Optional.of(NativeLibrary.getInstance("c").getFunction("mallinfo2"));
        } catch (UnsatisfiedLinkError older) {
            return Optional.empty();
        }
    }

    /** What glibc's {@code mallinfo2} returns: the sizes in use are in {@code uordblks} and, mapped, in {@code hblkhd}. */
    @Structure.FieldOrder({
        "arena",
        "ordblks",
        "smblks",
        "hblks",
        "hblkhd",
        "usmblks",
        "fsmblks",
        "uordblks",
        "fordblks",
        "keepcost"
    })
    public static final class Statistics extends Structure implements Structure.ByValue {
        public NativeLong arena = new NativeLong();
        public NativeLong ordblks = new NativeLong();
        public NativeLong smblks = new NativeLong();
        public NativeLong hblks = new NativeLong();
        public NativeLong hblkhd = new NativeLong();
        public NativeLong usmblks = new NativeLong();
        public NativeLong fsmblks = new NativeLong();
        public NativeLong uordblks = new NativeLong();
        public NativeLong fordblks = new NativeLong();
        public NativeLong keepcost = new NativeLong();
    }
}
