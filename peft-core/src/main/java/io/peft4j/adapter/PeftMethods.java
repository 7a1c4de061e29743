package io.peft4j.adapter;

import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Function;

/** The methods on the class path. */
public final class PeftMethods {

    private static final List<PeftMethod<?>> METHODS = load();

    private PeftMethods() {}

    /**
     * Returns the method of some settings.
     *
     * @throws IllegalArgumentException listing the methods on the class path if it is none of them
     */
    @SuppressWarnings("unchecked") // The method says that its settings are of this class.
    public static <C extends PeftConfig> PeftMethod<C> of(C config) {
        for (PeftMethod<?> method : METHODS) {
            if (method.configType().isInstance(config)) {
                return (PeftMethod<C>) method;
            }
        }
        throw missing(config.peftType());
    }

    /**
     * Returns the method that a configuration file names.
     *
     * @throws IllegalArgumentException listing the methods on the class path if it is none of them
     */
    public static PeftMethod<?> of(ConfigFields fields) {
        String peftType = fields.text("peft_type", "");
        for (PeftMethod<?> method : METHODS) {
            if (method.peftType().equals(peftType) && method.reads(fields)) {
                return method;
            }
        }
        throw missing(peftType);
    }

    /**
     * Reads settings.
     *
     * @throws IllegalArgumentException with what is wrong and where the fields come from
     */
    public static PeftConfig read(ConfigFields fields) {
        try {
            return of(fields).read(fields);
        } catch (IllegalArgumentException e) {
            throw fields.failure(e);
        }
    }

    /** Returns settings with the tokens of all texts that parameters start from; see {@link PeftMethod#tokenised}. */
    public static PeftConfig tokenised(PeftConfig config, Function<String, List<Integer>> tokens) {
        return of(config).tokenised(config, tokens);
    }

    private static IllegalArgumentException missing(String peftType) {
        String artifact =
                switch (peftType) {
                    case "LORA", "LORA_FA", "ADALORA", "VERA", "LOHA", "LOKR" ->
                        "; add the artifact io.peft4j:peft-lora";
                    case "IA3",
                            "BITFIT",
                            "BOTTLENECK",
                            "ADAPTER_FUSION",
                            "ADAPTERHUB_LORA",
                            "ADAPTERHUB_PREFIX_TUNING",
                            "ADAPTERHUB_PROMPT_TUNING" -> "; add the artifact io.peft4j:peft-adapter";
                    case "PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "MULTITASK_PROMPT_TUNING", "ADAPTION_PROMPT" ->
                        "; add the artifact io.peft4j:peft-prompt";
                    default -> "";
                };
        return new IllegalArgumentException("no method %s on the class path, only %s%s"
                .formatted(
                        peftType.isEmpty() ? "is named by peft_type" : "for peft_type " + peftType,
                        METHODS.stream()
                                .map(PeftMethod::peftType)
                                .distinct()
                                .sorted()
                                .toList(),
                        artifact));
    }

    @SuppressWarnings("rawtypes") // A class literal has no type arguments.
    private static List<PeftMethod<?>> load() {
        return ServiceLoader.load(PeftMethod.class).stream()
                .<PeftMethod<?>>map(ServiceLoader.Provider<PeftMethod>::get)
                .toList();
    }
}
