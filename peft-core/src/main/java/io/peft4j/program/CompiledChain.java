package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Calls of programs, one after the other, as native code that runs in one call; any number of threads may call it at once.
 *
 * <p>A value is freed when its last user is done. Where a call computes little, as for a single token, going back to Java
 * after every layer would cost more than the layer. The native code is freed some time after nobody holds it any more.
 */
public final class CompiledChain {

    /**
     * One call of a program.
     *
     * @param arguments the number of the value for each input
     * @param results the numbers of the values that it returns
     */
    public record Link(Program program, List<Integer> arguments, List<Integer> results) {

        public Link {
            arguments = List.copyOf(arguments);
            results = List.copyOf(results);
        }

        private String call(String method) {
            String call = "self.%s(%s)".formatted(method, names(arguments));
            return results.isEmpty() ? call : "%s= %s".formatted(unpacked(results), call);
        }
    }

    private static final Cleaner CLEANER = Cleaner.create();
    private static final String METHOD = "run";

    private final TorchScriptModule module;

    /**
     * Compiles a chain.
     *
     * @param inputs the numbers of the values that are passed, at least one, each once
     * @param links the calls in their order
     * @param outputs the numbers of the values that are returned
     */
    public CompiledChain(List<Integer> inputs, List<Link> links, List<Integer> outputs, Kernels kernels) {
        TorchScriptArchive archive = new TorchScriptArchive().functions(ScriptFunctions.SOURCE);
        Map<Program, String> methods = new LinkedHashMap<>();
        StringBuilder body = new StringBuilder(unpacked(inputs)).append("= inputs\n");
        for (Link link : links) {
            String method = methods.computeIfAbsent(link.program(), program -> "program" + methods.size());
            body.append(link.call(method)).append('\n');
        }
        methods.forEach(
                (program, method) -> archive.method(method, Script.parameters(program), Script.body(program, kernels)));
        body.append("return [%s]".formatted(names(outputs)));
        TorchScriptModule loaded =
                TorchScriptModule.load(archive.method(METHOD, "inputs: List[Tensor]", body.toString()));
        module = loaded;
        CLEANER.register(this, loaded::close);
    }

    /** Returns the TorchScript source. */
    public String source() {
        return module.source();
    }

    /**
     * Runs all calls without autograd.
     *
     * @param owner the manager that the results are attached to
     * @param inputs one array for each number of the inputs
     */
    public List<NDArray> run(NDManager owner, List<NDArray> inputs) {
        try {
            return module.run(owner, METHOD, inputs);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Returns the left side of an assignment from a list, which ends with a comma so that it also takes a list of one. */
    private static String unpacked(List<Integer> values) {
        return names(values) + ", ";
    }

    private static String names(List<Integer> values) {
        return values.stream().map(value -> "v" + value).collect(Collectors.joining(", "));
    }
}
