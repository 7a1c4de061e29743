package io.peft4j.program;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;

/**
 * What DJL's arrays lack: bfloat16, mapped files, views of a flat buffer, copies that stay in native memory.
 *
 * <p>Every result is attached to the manager that is passed, and none of these takes part in autograd.
 */
public final class NativeTensors {

    private static final TorchScriptModule SCRIPT = TorchScriptModule.load(new TorchScriptArchive()
            .method(
                    "map_file",
                    "path: str, n: int, dtype: int, layout: Tensor",
                    """
                    x = torch.from_file(path, False, n, dtype=dtype)
                    numbers: List[int] = layout.tolist()
                    views: List[Tensor] = []
                    i = 0
                    while i < len(numbers):
                      sizes = numbers[i + 2:i + 2 + numbers[i]]
                      count = 1
                      for size in sizes:
                        count = count * size
                      views.append(torch.narrow(x, 0, numbers[i + 1], count).view(sizes))
                      i = i + 2 + len(sizes)
                    return views
                    """)
            .method(
                    "view",
                    "x, shape: Tensor, offset: int",
                    """
                    sizes: List[int] = shape.tolist()
                    n = 1
                    for size in sizes:
                      n = n * size
                    return torch.narrow(x.view([-1]), 0, offset, n).view(sizes)
                    """)
            .method(
                    "gather",
                    "x, shape: Tensor, strides: Tensor",
                    """
                    sizes: List[int] = shape.tolist()
                    steps: List[int] = strides.tolist()
                    return torch.as_strided(x, sizes, steps).contiguous()
                    """)
            .method("cast", "x, dtype: int", "return x.to(dtype, copy=True)")
            .method("from_bytes", "x, dtype: int", "return torch.view_copy(x, dtype=dtype)")
            .method("to_bytes", "x", "return torch.view_copy(x.contiguous().reshape(-1), dtype=0)")
            .method("transposed", "x", "return x.t()")
            .method("copy_start", "x, y, axis: int", "return torch.slice(x, axis, 0, y.size(axis)).copy_(y)")
            .method("add", "x, y", "return x + y")
            .method("rows", "x, numbers", "return torch.index_select(x, 0, numbers)")
            .method("concat", "x, y", "return torch.cat([x, y], 0)")
            .method("copy", "x, y", "return x.copy_(y)")
            .method("equal", "x, y", "return torch.full([1], int(torch.equal(x, y)), dtype=4)")
            .method("fill", "x, value: float", "return x.fill_(value)")
            .method(
                    "zeros",
                    "shape: Tensor, dtype: int, like",
                    """
                    sizes: List[int] = shape.tolist()
                    return torch.zeros(sizes, dtype=dtype, device=like.device)
                    """)
            .method(
                    "normal",
                    "shape: Tensor, dtype: int, seed: int, deviation: float, like",
                    """
                    sizes: List[int] = shape.tolist()
                    g = torch.Generator(device=like.device, seed=seed)
                    x = torch.empty(sizes, dtype=6, device=like.device).normal_(0.0, deviation, generator=g)
                    return x.to(dtype)
                    """)
            .method(
                    "largest",
                    "x",
                    """
                    counts = torch.isfinite(torch.sum(x, -1, dtype=6))
                    return torch.where(counts, torch.argmax(x, -1), torch.full_like(counts, -1, dtype=4))
                    """)
            .method("to_device", "x, like", "return x.to(like.device)")
            .method("alias", "x", "return torch.empty([0], dtype=x.dtype, device=x.device).set_(x)"));

    /** The real paths of files that were mapped. */
    private static final Set<String> MAPPED = ConcurrentHashMap.newKeySet();

    private NativeTensors() {}

    /**
     * Returns a new manager on a device, having started the engine.
     *
     * @throws IllegalArgumentException if there is no such device
     */
    public static NDManager newManager(Device device) {
        int available = processManager().getEngine().getGpuCount();
        if (device.isGpu() && device.getDeviceId() >= available) {
            throw new IllegalArgumentException(
                    "no device %s: PyTorch sees %d CUDA devices here; use the CPU".formatted(device, available));
        }
        return processManager().newSubManager(device);
    }

    /** Returns the manager of what lives as long as the process. */
    static NDManager processManager() {
        return Holder.MANAGER;
    }

    private static final class Holder {
        private static final NDManager MANAGER = start();

        /** Starts the engine; DJL asks the network for its telemetry unless it is told to be offline. */
        private static NDManager start() {
            if (System.getProperty("ai.djl.offline") == null && System.getenv("DJL_OFFLINE") == null) {
                System.setProperty("ai.djl.offline", "true");
            }
            return NDManager.newBaseManager(Device.cpu(), "PyTorch");
        }
    }

    /**
     * A contiguous tensor in a file.
     *
     * @param first the number of its first element, counted in elements of its own size
     * @param shape its dimensions
     */
    public record Place(long first, List<Long> shape) {

        public Place {
            shape = List.copyOf(shape);
        }

        private long end() {
            return first + shape.stream().reduce(1L, Math::multiplyExact);
        }
    }

    /**
     * Returns tensors of one type in a file, without copying; writes stay private to this process.
     *
     * <p>The file is mapped once, up to the last of them, until all of them are closed.
     */
    public static List<NDArray> mapFile(NDManager owner, Path file, DType dtype, List<Place> places) {
        long elements = places.stream().mapToLong(Place::end).max().orElse(0);
        long[] layout = places.stream()
                .flatMapToLong(place -> LongStream.concat(
                        LongStream.of(place.shape().size(), place.first()),
                        place.shape().stream().mapToLong(Long::longValue)))
                .toArray();
        try (NDArray numbers = processManager().create(layout)) {
            String path = file.toAbsolutePath().toString();
            MAPPED.add(realPath(file));
            return SCRIPT.run(owner, "map_file", path, elements, (long) dtype.scalarType(), numbers);
        }
    }

    private static String realPath(Path file) {
        try {
            return file.toRealPath().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets go of what was read of mapped files that nobody wrote to, until somebody reads it again. */
    public static void releaseMapped() {
        ProcessMemory.releaseMapped(MAPPED);
    }

    /**
     * Returns elements of {@code x}, which is contiguous, as a contiguous tensor on the same memory.
     *
     * @param offset the first of them, counted in {@code x}, which may itself be a part of something
     */
    public static NDArray view(NDManager owner, NDArray x, long offset, long... shape) {
        try (NDArray sizes = owner.create(shape, new Shape(shape.length))) {
            return run(owner, "view", x, sizes, offset);
        }
    }

    /**
     * Returns the same memory as a tensor that libtorch's autograd accepts: what programs return was made in inference
     * mode and may not be kept for a backward pass.
     */
    public static NDArray alias(NDManager owner, NDArray x) {
        try (Autograd ignored = Autograd.pause()) {
            return SCRIPT.record(owner, "alias", List.of(x)).singletonOrThrow();
        }
    }

    /** Returns a contiguous copy of the elements {@code Σ iₖ·strideₖ} of a vector, which must have them. */
    public static NDArray gather(NDManager owner, NDArray x, List<Long> shape, List<Long> strides) {
        Shape rank = new Shape(shape.size());
        try (NDArray sizes =
                        owner.create(shape.stream().mapToLong(Long::longValue).toArray(), rank);
                NDArray steps =
                        owner.create(strides.stream().mapToLong(Long::longValue).toArray(), rank)) {
            return run(owner, "gather", x, sizes, steps);
        }
    }

    /** Returns a copy in another element type. */
    public static NDArray cast(NDManager owner, NDArray x, DType dtype) {
        return run(owner, "cast", x, (long) dtype.scalarType());
    }

    /** Returns a copy on the device of the owner. */
    public static NDArray toDevice(NDManager owner, NDArray x) {
        try (NDArray like = owner.zeros(new Shape(1))) {
            return run(owner, "to_device", x, like);
        }
    }

    /** Returns zeros on the device of the owner. */
    public static NDArray zeros(NDManager owner, DType dtype, long... shape) {
        try (NDArray sizes = processManager().create(shape, new Shape(shape.length));
                NDArray like = owner.zeros(new Shape(1))) {
            return run(owner, "zeros", sizes, (long) dtype.scalarType(), like);
        }
    }

    /** Returns draws from N(0, deviation²) on the device of the owner; equal seeds give equal ones. */
    public static NDArray normal(NDManager owner, DType dtype, long seed, double deviation, long... shape) {
        try (NDArray sizes = processManager().create(shape, new Shape(shape.length));
                NDArray like = owner.zeros(new Shape(1))) {
            return run(owner, "normal", sizes, (long) dtype.scalarType(), seed, deviation, like);
        }
    }

    /** Returns a tensor of the little-endian bytes, which are copied. */
    public static NDArray fromBytes(NDManager owner, ByteBuffer bytes, DType dtype, long... shape) {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining()).order(ByteOrder.nativeOrder());
        direct.put(bytes.duplicate()).flip();
        try (NDArray raw = owner.create(direct, new Shape(direct.remaining()), DataType.UINT8);
                NDArray flat = run(owner, "from_bytes", raw, (long) dtype.scalarType())) {
            return view(owner, flat, 0, shape);
        }
    }

    /** Returns the elements as little-endian bytes, of any type and up to 2 GiB. */
    public static ByteBuffer toBytes(NDArray x) {
        try (NDArray raw = run(processManager(), "to_bytes", x)) {
            return raw.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Returns the elements of a floating tensor of any type, widened or rounded to float. */
    public static float[] toFloats(NDArray x) {
        try (NDArray wide = cast(processManager(), x, DType.FLOAT32)) {
            return wide.toFloatArray();
        }
    }

    /** Returns the place of the largest number in each row of a matrix, of equal ones the first, or -1 if one is not finite. */
    public static long[] largest(NDArray x) {
        try (NDArray places = run(processManager(), "largest", x)) {
            return places.toLongArray();
        }
    }

    /** Returns a matrix with rows and columns exchanged, a view. */
    public static NDArray transposed(NDManager owner, NDArray x) {
        return run(owner, "transposed", x);
    }

    /** Returns x + y. */
    public static NDArray add(NDManager owner, NDArray x, NDArray y) {
        return run(owner, "add", x, y);
    }

    /** Returns some rows of {@code x}, in the order of their numbers. */
    public static NDArray rows(NDManager owner, NDArray x, long[] numbers) {
        try (NDArray index = owner.create(numbers)) {
            return run(owner, "rows", x, index);
        }
    }

    /** Returns the rows of {@code x} and then those of {@code y}. */
    public static NDArray concat(NDManager owner, NDArray x, NDArray y) {
        return run(owner, "concat", x, y);
    }

    /** Overwrites {@code target} with {@code source}, converting its element type. */
    public static void copy(NDArray target, NDArray source) {
        try (NDArray same = run(processManager(), "copy", target, source)) {
            assert same != null;
        }
    }

    /** Overwrites the first elements of {@code target} along an axis with {@code source}. */
    public static void copyStart(NDArray target, NDArray source, int axis) {
        try (NDArray same = run(processManager(), "copy_start", target, source, (long) axis)) {
            assert same != null;
        }
    }

    /** Returns whether two tensors of one type have the same shape and values. */
    public static boolean equal(NDArray x, NDArray y) {
        try (NDArray same = run(processManager(), "equal", x, y)) {
            return same.toLongArray()[0] == 1;
        }
    }

    /** Overwrites every element of {@code target}. */
    public static void fill(NDArray target, double value) {
        try (NDArray same = run(processManager(), "fill", target, value)) {
            assert same != null;
        }
    }

    private static NDArray run(NDManager owner, String method, Object... arguments) {
        return SCRIPT.run(owner, method, arguments).singletonOrThrow();
    }
}
