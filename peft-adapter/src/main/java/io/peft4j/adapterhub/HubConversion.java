package io.peft4j.adapterhub;

import ai.djl.ndarray.NDArray;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapterhub.HubLoraConfig.Mode;
import io.peft4j.ia3.Ia3Config;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Brings adapters from Hugging Face PEFT's form into AdapterHub's and back, where both compute the same function: LoRA, and
 * (IA)³ of outputs.
 */
public final class HubConversion {

    private static final String MOVES =
            "its learned keys take up positions in Hugging Face PEFT and none in AdapterHub, so the text would be somewhere else";
    private static final String JOINS =
            "its learned rows join the words in Hugging Face PEFT, and in AdapterHub what leaves the embeddings with their positions and norm";

    /** Why methods have no counterpart. */
    private static final Map<String, String> REASONS = Map.of(
            "PREFIX_TUNING",
            MOVES,
            HubPrefixConfig.TYPE,
            MOVES,
            "PROMPT_TUNING",
            JOINS,
            "P_TUNING",
            JOINS,
            HubPromptConfig.TYPE,
            JOINS,
            "BOTTLENECK",
            "Hugging Face PEFT has no bottlenecks",
            "ADAPTER_FUSION",
            "Hugging Face PEFT has no fusion",
            "MIXTURE",
            "Hugging Face PEFT has no mixtures of methods");

    private HubConversion() {}

    /**
     * Returns an adapter that computes the same in the form of the other library; the caller closes it.
     *
     * @throws IllegalArgumentException saying why the other library cannot express it
     */
    public static Adapter convert(Adapter adapter, BaseModel base) {
        if (adapter.config() instanceof HubLoraConfig config) {
            return config.mode() == Mode.ADD
                    ? HubLoraConversion.toPeft(config, adapter, base)
                    : HubIa3Conversion.toPeft(config, adapter, base);
        } else if (adapter.config() instanceof Ia3Config config) {
            return HubIa3Conversion.toHub(config, adapter, base);
        }
        String type = adapter.config().peftType();
        if (type.equals(HubLoraConversion.LORA)) {
            return HubLoraConversion.toHub(adapter, base);
        }
        throw refused(adapter, REASONS.getOrDefault(type, "AdapterHub has no " + type + " that computes the same"));
    }

    static IllegalArgumentException refused(Adapter adapter, String reason) {
        return new IllegalArgumentException("%s cannot be converted: %s".formatted(adapter, reason));
    }

    /**
     * Makes the converted adapter.
     *
     * @param config its settings
     * @param values of its parameters; those that it shares with the base model, as a head, are those of {@code from}
     * @param read the parameters of {@code from} that these come from
     */
    static Adapter make(
            Adapter from, BaseModel base, PeftConfig config, Map<String, float[]> values, List<String> read) {
        List<String> copies = new ArrayList<>(from.trainable().names());
        copies.removeAll(read);
        List<String> foreign = new ArrayList<>(copies);
        foreign.removeAll(base.weights().names());
        foreign.addAll(from.frozen().names());
        if (!foreign.isEmpty()) {
            throw refused(from, "the other layout has no place for " + foreign);
        }
        boolean hasHead = !copies.isEmpty() || !(config instanceof HubLoraConfig);
        Adapter made = Adapter.restore(
                base, from.name(), config, hasHead ? Adapter.modulesToSave(config, base) : config.modulesToSave());
        try {
            List<String> lost = new ArrayList<>(copies);
            lost.removeAll(made.trainable().names());
            if (!lost.isEmpty()) {
                throw refused(from, "AdapterHub saves the head alone beside an adapter, and it trains " + lost);
            }
            values.forEach((name, numbers) -> set(made.parameter(name), numbers));
            copies.forEach(name -> NativeTensors.copy(made.parameter(name), from.parameter(name)));
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private static void set(NDArray target, float[] numbers) {
        try (NDArray source = target.getManager().create(numbers, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }
}
