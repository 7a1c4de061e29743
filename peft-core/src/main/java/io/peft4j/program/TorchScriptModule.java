package io.peft4j.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A loaded {@link TorchScriptArchive}; any number of threads may call it at once, none after it was closed.
 *
 * <p>{@link #run} computes without autograd and takes tensors, lists of tensors and numbers; {@link #record} takes part
 * in libtorch's autograd and takes tensors only.
 */
final class TorchScriptModule implements AutoCloseable {

    private final PtSymbolBlock block;
    private final String source;

    private TorchScriptModule(PtSymbolBlock block, String source) {
        this.block = block;
        this.source = source;
    }

    /** Compiles and loads an archive; an error in its source surfaces here as EngineException. */
    static TorchScriptModule load(TorchScriptArchive archive) {
        try (InputStream in = new ByteArrayInputStream(archive.toBytes())) {
            PtNDManager manager = (PtNDManager) NativeTensors.processManager();
            return new TorchScriptModule(JniUtils.loadModule(manager, in, true, false), archive.source());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the source that was compiled. */
    String source() {
        return source;
    }

    /**
     * Runs a method in inference mode.
     *
     * @param owner the manager that the results are attached to
     * @param arguments NDArray, {@code List<NDArray>}, Long, Double, Boolean or String
     * @return the tensor, or the tensors of the list, that the method returned
     */
    NDList run(NDManager owner, String method, Object... arguments) {
        JniUtils.setGraphExecutorOptimize(false);
        IValue[] inputs = new IValue[arguments.length];
        try {
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = toIValue(arguments[i]);
            }
            try (IValue result = IValueUtils.runMethod(block, method, inputs)) {
                return result.toNDList((PtNDManager) owner);
            }
        } finally {
            for (IValue input : inputs) {
                if (input != null) {
                    input.close();
                }
            }
        }
    }

    /** Calls a method under the thread's grad mode; the results are attached to {@code owner}. */
    NDList record(NDManager owner, String method, List<NDArray> arguments) {
        JniUtils.setGraphExecutorOptimize(false);
        NDList inputs = new NDList(arguments.size() + 1);
        inputs.add(marker(owner, method));
        inputs.addAll(arguments);
        return IValueUtils.forward(block, inputs, true);
    }

    /** The array whose name selects the method and whose manager, since it is first, receives the results. */
    private static NDArray marker(NDManager owner, String method) {
        NDArray marker = owner.create(new String[0], StandardCharsets.UTF_8, new Shape(0));
        marker.setName("module_method:" + method);
        return marker;
    }

    /** Frees the native code. */
    @Override
    public void close() {
        block.close();
    }

    private static IValue toIValue(Object argument) {
        if (argument instanceof PtNDArray tensor) {
            return IValue.from(tensor);
        } else if (argument instanceof List<?> tensors) {
            return IValue.listFrom(tensors.toArray(PtNDArray[]::new));
        } else if (argument instanceof Double number) {
            return IValue.from((double) number);
        } else if (argument instanceof Long number) {
            return IValue.from((long) number);
        } else if (argument instanceof Boolean flag) {
            return IValue.from((boolean) flag);
        } else if (argument instanceof String text) {
            return IValue.from(text);
        }
        throw new IllegalArgumentException("no TorchScript type for " + argument);
    }
}
