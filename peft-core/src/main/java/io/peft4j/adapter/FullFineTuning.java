package io.peft4j.adapter;

import com.google.gson.JsonObject;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.WeightSite;
import io.peft4j.program.Tensor;
import java.util.List;

/** Trains a copy of every weight: the baseline that other methods are measured against. */
public record FullFineTuning() implements PeftConfig {

    static final String TYPE = "FULL";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public List<String> modulesToSave() {
        return List.of();
    }

    /** Puts a trainable copy in the place of every weight. */
    private record EveryWeight() implements Adaptation {
        @Override
        public Tensor weight(WeightSite site, Tensor frozen) {
            return site.tiedCopy(frozen);
        }
    }

    /** The service. */
    public static final class Method implements PeftMethod<FullFineTuning> {
        @Override
        public String peftType() {
            return TYPE;
        }

        @Override
        public Class<FullFineTuning> configType() {
            return FullFineTuning.class;
        }

        @Override
        public Adaptation attach(FullFineTuning config, BaseModel base) {
            return new EveryWeight();
        }

        @Override
        public FullFineTuning read(ConfigFields fields) {
            fields.check(new JsonObject());
            return new FullFineTuning();
        }

        @Override
        public JsonObject write(FullFineTuning config) {
            return new JsonObject();
        }
    }
}
