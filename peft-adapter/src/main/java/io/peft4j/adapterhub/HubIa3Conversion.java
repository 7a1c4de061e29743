package io.peft4j.adapterhub;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapterhub.HubLoraConfig.Init;
import io.peft4j.adapterhub.HubLoraConfig.Mode;
import io.peft4j.adapterhub.HubLoraConfig.Places;
import io.peft4j.ia3.Ia3Config;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** (IA)³ of outputs: l ⊙ (W·x + b) is {@code ia3_l} [out, 1] in PEFT, and {@code lora_B} [out, 1] in AdapterHub. */
final class HubIa3Conversion {

    private static final String VECTOR = ".ia3_l";
    private static final String HUB = ".loras.lora_B";

    private HubIa3Conversion() {}

    static Adapter toHub(Ia3Config config, Adapter peft, BaseModel base) {
        Map<String, float[]> vectors = new TreeMap<>();
        List<String> read = new ArrayList<>();
        List<String> inputs = new ArrayList<>();
        for (String name : peft.trainable().names()) {
            if (name.endsWith(VECTOR)) {
                String path = name.substring(0, name.length() - VECTOR.length());
                vectors.put(path, NativeTensors.toFloats(peft.parameter(name)));
                read.add(name);
                if (config.feedForwardModules().stream().anyMatch(path::endsWith)) {
                    inputs.add(path);
                }
            }
        }
        if (!inputs.isEmpty()) {
            throw HubConversion.refused(
                    peft, "AdapterHub rescales outputs of linears, and it rescales the inputs of " + inputs);
        }
        Places places = HubTargets.places(vectors.keySet(), peft, base);
        Map<String, float[]> values = new LinkedHashMap<>();
        vectors.forEach((path, vector) -> values.put(path + HUB, vector));
        return HubConversion.make(
                peft, base, new HubLoraConfig(places, 1, 1, 0, Mode.SCALE, false, Init.IA3), values, read);
    }

    static Adapter toPeft(HubLoraConfig config, Adapter hub, BaseModel base) {
        HubLoraConversion.checkGate(config, hub);
        Map<String, float[]> values = new LinkedHashMap<>();
        List<String> read = new ArrayList<>();
        Map<String, List<Boolean>> adapted = HubTargets.adapted(config.places(), base);
        adapted.forEach((path, parts) -> {
            float[] own = NativeTensors.toFloats(hub.parameter(path + HUB));
            int adaptedParts = (int) parts.stream().filter(part -> part).count();
            int width = own.length / adaptedParts;
            float[] vector = new float[width * parts.size()];
            Arrays.fill(vector, 1);
            int next = 0;
            for (int part = 0; part < parts.size(); part++) {
                for (int i = 0; parts.get(part) && i < width; i++) {
                    vector[part * width + i] = (float) (config.alpha() * own[next++]);
                }
            }
            values.put(path + VECTOR, vector);
            read.add(path + HUB);
        });
        return HubConversion.make(
                hub, base, new Ia3Config(HubTargets.targets(adapted.keySet(), base), List.of()), values, read);
    }
}
