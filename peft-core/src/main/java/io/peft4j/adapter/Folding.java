package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.BaseModel;
import io.peft4j.model.ForwardPass;
import io.peft4j.model.Network;
import io.peft4j.model.RecordingOptions;
import io.peft4j.program.DType;
import io.peft4j.program.Kernels;
import io.peft4j.program.NativeTensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Puts what encoders of prompts and prefixes compute in their place, in FLOAT32. */
final class Folding {

    private Folding() {}

    static Adapter of(Adapter adapter, BaseModel base) {
        PeftConfig config = PeftMethods.of(adapter.config()).folded(adapter.config());
        Adapter folded = Adapter.restore(base, adapter.name(), config, adapter.trainedModules())
                .from(adapter.origin());
        try (NDManager scratch = base.newManager()) {
            Network network = base.record(
                    RecordingOptions.inference(adapter.adaptation(), DType.FLOAT32, true), (recorder, task) -> {});
            for (ParameterBuffer buffer : List.of(folded.trainable(), folded.frozen())) {
                for (String name : buffer.names()) {
                    NDArray value = adapter.has(name)
                            ? adapter.parameter(name)
                            : compute(network, name, adapter, base, scratch);
                    NativeTensors.copy(buffer.get(name), value);
                }
            }
            return folded;
        } catch (RuntimeException e) {
            folded.close();
            throw e;
        }
    }

    private static NDArray compute(Network network, String name, Adapter adapter, BaseModel base, NDManager scratch) {
        Network part = network.part(name)
                .orElseThrow(() -> new IllegalStateException("%s computes no %s".formatted(adapter.config(), name)));
        Map<String, NDArray> results = new ForwardPass(part, Kernels.DEFAULT)
                .run(scratch, base.source((slot, parameter) -> adapter.parameter(parameter)), Map.of());
        return Objects.requireNonNull(results.get(name));
    }
}
