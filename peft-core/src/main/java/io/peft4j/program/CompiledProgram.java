package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A program as native code that runs in one call; any number of threads may call it at once.
 *
 * <p>Programs of equal structure share one, which lives as long as the process.
 */
public final class CompiledProgram {

    private record Key(Program program, Kernels kernels) {}

    private static final Map<Key, CompiledProgram> COMPILED = new ConcurrentHashMap<>();
    private static final String METHOD = "run";

    private final Program program;
    private final TorchScriptModule module;

    private CompiledProgram(Program program, Kernels kernels) {
        this.program = program;
        this.module = TorchScriptModule.load(new TorchScriptArchive()
                .functions(Script.functions())
                .method(METHOD, Script.parameters(program), Script.body(program, kernels)));
    }

    /** Returns the program compiled to the given kernels. */
    public static CompiledProgram of(Program program, Kernels kernels) {
        return COMPILED.computeIfAbsent(
                new Key(program, kernels), key -> new CompiledProgram(key.program(), key.kernels()));
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
        return module.run(owner, METHOD, arguments.toArray());
    }

    /**
     * Runs the program under the thread's grad mode, so that libtorch's autograd can differentiate it.
     *
     * <p>Only programs compiled to {@link Kernels#DEFAULT} are differentiable this way.
     */
    public List<NDArray> record(NDManager owner, List<NDArray> arguments) {
        new Sizes(program, arguments);
        return module.record(owner, METHOD, arguments);
    }
}
