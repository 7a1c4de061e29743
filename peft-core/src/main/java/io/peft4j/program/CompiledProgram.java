package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A program as native code that runs in one call; any number of threads may call it at once.
 *
 * <p>Programs of equal structure share one, whose native code is freed some time after nobody holds it any more and it
 * is not among those that were asked for last.
 */
public final class CompiledProgram {

    private record Key(Program program, Kernels kernels) {}

    /** Frees native code; it must not refer to what holds that code. */
    private record Release(Key key, TorchScriptModule module) implements Runnable {
        @Override
        public void run() {
            COMPILED.computeIfPresent(key, (same, known) -> known.refersTo(null) ? null : known);
            module.close();
        }
    }

    /** More than the methods, models and tasks of one process usually need; compiling takes tens of milliseconds. */
    static final int RECENT_LIMIT = 512;

    private static final Map<Key, WeakReference<CompiledProgram>> COMPILED = new ConcurrentHashMap<>();
    private static final Map<Key, CompiledProgram> RECENT = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, CompiledProgram> eldest) {
            return size() > RECENT_LIMIT;
        }
    };
    private static final Cleaner CLEANER = Cleaner.create();
    private static final String METHOD = "run";

    private final Program program;
    private final TorchScriptModule module;

    private CompiledProgram(Key key) {
        this.program = key.program();
        this.module = TorchScriptModule.load(new TorchScriptArchive()
                .functions(ScriptFunctions.SOURCE)
                .method(METHOD, Script.parameters(program), Script.body(program, key.kernels())));
        CLEANER.register(this, new Release(key, module));
    }

    /** Returns the program compiled to the given kernels. */
    public static CompiledProgram of(Program program, Kernels kernels) {
        Key key = new Key(program, kernels);
        AtomicReference<@Nullable CompiledProgram> held = new AtomicReference<>();
        COMPILED.compute(key, (same, known) -> {
            held.set(known == null ? null : known.get());
            if (known != null && held.get() != null) {
                return known;
            }
            CompiledProgram made = new CompiledProgram(same);
            held.set(made);
            return new WeakReference<>(made);
        });
        CompiledProgram compiled = Objects.requireNonNull(held.get());
        synchronized (RECENT) {
            RECENT.put(key, compiled);
        }
        return compiled;
    }

    /** Returns how many programs are compiled and not freed. */
    static int living() {
        return COMPILED.size();
    }

    /** Returns what was compiled. */
    public Program program() {
        return program;
    }

    /** Returns the TorchScript source. */
    public String source() {
        return module.source();
    }

    /**
     * Runs the program without autograd.
     *
     * @param owner the manager that the results are attached to
     * @param arguments one array per input
     */
    public List<NDArray> run(NDManager owner, List<NDArray> arguments) {
        try {
            return module.run(owner, METHOD, arguments.toArray());
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Runs the program under the thread's grad mode, so that libtorch's autograd can differentiate it.
     *
     * <p>Only programs compiled to {@link Kernels#DEFAULT} are differentiable this way.
     */
    public List<NDArray> record(NDManager owner, List<NDArray> arguments) {
        new Sizes(program, arguments);
        try {
            return module.record(owner, METHOD, arguments);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
