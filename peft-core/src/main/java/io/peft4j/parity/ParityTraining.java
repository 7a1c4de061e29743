package io.peft4j.parity;

import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import io.peft4j.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The numbers of training: gradients before clipping, and parameters after some steps of AdamW. */
final class ParityTraining {

    private static final String GRADIENT = "grad.";
    private static final String TRAINED = "trained.";

    private final ParityCase parity;
    private final ParityNumbers numbers;
    private final NDManager manager;

    ParityTraining(ParityCase parity, ParityNumbers numbers, NDManager manager) {
        this.parity = parity;
        this.numbers = numbers;
        this.manager = manager;
    }

    /** Returns whether an adapter has all of some parameters by their names in the live model of the reference. */
    static boolean trains(Adapter adapter, List<String> live) {
        return live.stream().map(name -> withoutAdapterName(name, adapter)).allMatch(byLiveName(adapter)::containsKey);
    }

    /** Sets the parameters that the case gives because no file has them. */
    void initialise(Adapter adapter) {
        Map<String, String> parameters = byLiveName(adapter);
        for (String live : parity.initialised()) {
            String parameter = parameters.get(withoutAdapterName(live, adapter));
            if (parameter == null) {
                numbers.missing("init." + live, "the adapter trains only " + parameters.keySet());
            } else {
                NativeTensors.copy(adapter.parameter(parameter), parity.initial(live));
            }
        }
    }

    /** Trains; the adapter is different afterwards. */
    void train(BaseModel base, Adapter adapter, ParityRun.Steps steps) {
        try (TrainingStep step = new TrainingStep(base, adapter, steps.weightDecay(), steps.clipNorm())) {
            for (int i = 0; i < steps.steps(); i++) {
                step.accumulate(
                        parity.trainingInputs(
                                manager, base.task(), adapter.adaptation().virtualTokens()),
                        i);
                step.regularise();
                if (i == 0) {
                    take(GRADIENT, adapter, step.gradients());
                }
                step.update(steps.learningRate());
            }
        }
        take(TRAINED, adapter, adapter.trainable());
    }

    /** Keeps copies of tensors under the names that the case has for them. */
    private void take(String prefix, Adapter adapter, ParameterBuffer buffer) {
        Map<String, String> parameters = byLiveName(adapter);
        for (String live : parity.expected(prefix)) {
            String parameter = parameters.get(withoutAdapterName(live, adapter));
            if (parameter == null) {
                numbers.missing(prefix + live, "the adapter trains only " + parameters.keySet());
            } else {
                numbers.put(prefix + live, NativeTensors.cast(manager, buffer.get(parameter), DType.FLOAT32));
            }
        }
    }

    private static Map<String, String> byLiveName(Adapter adapter) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String name : adapter.trainable().names()) {
            // AdapterHub's names are the paths themselves; PEFT puts something before them.
            parameters.put(name, name);
            parameters.put(PeftMethods.of(adapter.config()).liveName(name), name);
        }
        return parameters;
    }

    /** Returns what the reference calls a parameter before it inserts the name of the adapter. */
    private static String withoutAdapterName(String live, Adapter adapter) {
        return live.replace(".modules_to_save", "").replaceAll("\\." + Pattern.quote(adapter.name()) + "(?=\\.|$)", "");
    }
}
