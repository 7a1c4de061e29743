package io.peft4j.program;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The resident memory of this process: how much it is, how much it was at most, and giving back what is free. */
public final class ProcessMemory {

    private static final Logger logger = LoggerFactory.getLogger(ProcessMemory.class);
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private static final Optional<Function> TRIM = find();

    private ProcessMemory() {}

    /**
     * Hands native memory that was freed back to the system, where the C library can.
     *
     * <p>glibc keeps the holes that large temporaries leave, and its aligned allocations do not fit into them again. Doing
     * this after loading and after the first training step lowers the peak of what follows, and costs some milliseconds.
     */
    public static void release() {
        TRIM.ifPresent(trim -> logger.trace("malloc_trim: {}", trim.invokeInt(new Object[] {0L})));
    }

    /** Returns the resident memory in bytes, 0 where the system does not tell. */
    public static long resident() {
        return status("VmRSS");
    }

    /** Returns the highest resident memory so far in bytes, 0 where the system does not tell. */
    public static long peak() {
        return status("VmHWM");
    }

    /** Starts the peak over, where the system allows it; elsewhere it stays that of the whole process. */
    public static void resetPeak() {
        if (Files.isWritable(CLEAR)) {
            try {
                Files.writeString(CLEAR, "5");
            } catch (IOException e) {
                logger.debug("the peak cannot be started over", e);
            }
        }
    }

    private static long status(String field) {
        if (!Files.exists(STATUS)) {
            return 0;
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Function> find() {
        if (!Platform.isLinux()) {
            return Optional.empty();
        }
        try {
            return Optional.of(NativeLibrary.getInstance("c").getFunction("malloc_trim"));
        } catch (UnsatisfiedLinkError e) {
            logger.debug("the C library has no malloc_trim", e);
            return Optional.empty();
        }
    }
}
