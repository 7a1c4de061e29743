package io.peft4j.program;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The resident memory of this process: how much it is, how much it was at most, and giving back what is free. */
public final class ProcessMemory {

    private static final Logger logger = LoggerFactory.getLogger(ProcessMemory.class);
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final Pattern MAPPING = Pattern.compile("[0-9a-f]+-[0-9a-f]+ ");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private static final Optional<Function> TRIM = find("malloc_trim");
    private static final Optional<Function> OPTION = find("mallopt");
    private static final Optional<Function> ADVICE = find("madvise");

    /** The advice by its number in {@code mman.h}: these pages are read from the file again if anybody needs them. */
    private static final int DONT_NEED = 4;

    /** From so many bytes on glibc maps an allocation by itself; it takes no higher number. */
    private static final int MAPPED = 32 << 20;

    /** The options of {@code mallopt} by their numbers in {@code malloc.h}: the trim threshold, the top pad, the mmap threshold. */
    private static final Map<Integer, Integer> KEEPING = Map.of(-1, Integer.MAX_VALUE, -2, 4 * MAPPED, -3, MAPPED);

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

    /**
     * Makes native memory that is freed stay with the process until {@link #release}, where the C library can.
     *
     * <p>By default glibc hands back what large temporaries leave at once, and every step faults the same pages in again: a
     * tenth of a step and more.
     */
    public static void keepFreed() {
        OPTION.ifPresent(option -> KEEPING.forEach(
                (name, value) -> logger.trace("mallopt {}: {}", name, option.invokeInt(new Object[] {name, value}))));
    }

    /** Returns the memory of the machine in bytes, that of the container where there is one. */
    public static long ofMachine() {
        return system().getTotalMemorySize();
    }

    /** Returns the resident memory in bytes, 0 where the system does not tell. */
    public static long resident() {
        return kilobytes(STATUS, "VmRSS");
    }

    /** Returns how much memory this process can still take, in bytes: what the system has available, within the container's limit. */
    public static long available() {
        long available = kilobytes(MEMORY, "MemAvailable");
        return Math.min(available > 0 ? available : system().getFreeMemorySize(), ofMachine() - resident());
    }

    private static OperatingSystemMXBean system() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    }

    /** Returns the bytes of files mapped for private use, as weights are, that are not resident; 0 where the system does not tell. */
    public static long unread() {
        return mappedFiles().stream()
                .mapToLong(file -> file.bytes("Size") - file.bytes("Rss"))
                .sum();
    }

    /**
     * Lets go of what was read of files mapped for private use, where the system can: who needs it again finds it in the
     * system's cache of files. A file that was written to stays as it is.
     *
     * @param files the real paths of files that nobody writes to meanwhile, which would be lost
     */
    static void releaseMapped(Set<String> files) {
        ADVICE.ifPresent(advice -> mappedFiles().stream()
                .filter(file -> files.contains(file.path()) && !file.isWritten())
                .forEach(file -> logger.trace(
                        "madvise: {}",
                        advice.invokeInt(new Object[] {new Pointer(file.start()), file.bytes("Size"), DONT_NEED}))));
    }

    /** A file, or a part of one, that is mapped for private use: where, and what the system tells of it. */
    private record MappedFile(String path, long start, Map<String, Long> sizes) {

        static MappedFile of(String line) {
            return new MappedFile(
                    line.substring(line.indexOf('/')),
                    Long.parseLong(line.substring(0, line.indexOf('-')), 16),
                    new HashMap<>());
        }

        long bytes(String field) {
            return sizes.getOrDefault(field, 0L);
        }

        /** A page that is written to becomes one that belongs to no file. */
        boolean isWritten() {
            return bytes("Anonymous") + bytes("Swap") > 0;
        }
    }

    private static List<MappedFile> mappedFiles() {
        List<MappedFile> files = new ArrayList<>();
        boolean counts = false;
        for (String line : lines(MAPPINGS)) {
            if (MAPPING.matcher(line).lookingAt()) {
                counts = line.contains(" rw-p ") && line.contains("/");
                if (counts) {
                    files.add(MappedFile.of(line));
                }
            } else if (counts && line.endsWith(" kB")) {
                files.get(files.size() - 1).sizes().put(line.substring(0, line.indexOf(':')), kilobytes(line));
            }
        }
        return files;
    }

    /** Returns the highest resident memory so far in bytes, 0 where the system does not tell. */
    public static long peak() {
        return kilobytes(STATUS, "VmHWM");
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

    private static long kilobytes(Path file, String field) {
        return lines(file).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(ProcessMemory::kilobytes)
                .findFirst()
                .orElse(0);
    }

    /** Returns the bytes that a line such as {@code Rss:  12 kB} tells. */
    private static long kilobytes(String line) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Function> find(String function) {
        if (!Platform.isLinux()) {
            return Optional.empty();
        }
        try {
            return Optional.of(NativeLibrary.getInstance("c").getFunction(function));
        } catch (UnsatisfiedLinkError e) {
            logger.debug("the C library has no {}", function, e);
            return Optional.empty();
        }
    }
}
