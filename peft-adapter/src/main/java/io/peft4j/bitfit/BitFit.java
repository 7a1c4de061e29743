package io.peft4j.bitfit;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * Trains a copy of every bias and nothing else (Ben Zaken et al. 2022).
 *
 * @param modulesToSave modules that are trained and saved as a whole
 */
public record BitFit(List<String> modulesToSave) implements PeftConfig {

    static final String TYPE = "BITFIT";

    private static final String BIAS = ".bias";

    public BitFit {
        modulesToSave = List.copyOf(modulesToSave);
    }

    /** Makes the settings. */
    public BitFit() {
        this(List.of());
    }

    @Override
    public String peftType() {
        return TYPE;
    }

    /** Puts a trainable copy in the place of every bias. */
    private record EveryBias() implements Adaptation {
        @Override
        public Tensor weight(WeightSite site, Tensor frozen) {
            return site.path().endsWith(BIAS) ? site.trainedCopy(frozen) : frozen;
        }
    }

    /** The service. */
    public static final class Method implements PeftMethod<BitFit> {
        @Override
        public String peftType() {
            return TYPE;
        }

        @Override
        public Class<BitFit> configType() {
            return BitFit.class;
        }

        @Override
        public Adaptation attach(BitFit config, BaseModel base) {
            if (base.weights().names().stream().noneMatch(name -> name.endsWith(BIAS))) {
                throw new IllegalArgumentException("BitFit trains biases, and %s has none".formatted(base.name()));
            }
            return new EveryBias();
        }

        @Override
        public BitFit read(ConfigFields fields) {
            BitFit config = new BitFit(fields.texts("modules_to_save"));
            fields.check(new JsonObject());
            return config;
        }

        @Override
        public JsonObject write(BitFit config) {
            return new JsonObject();
        }
    }
}
