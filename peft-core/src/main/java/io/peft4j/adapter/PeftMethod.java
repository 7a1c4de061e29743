package io.peft4j.adapter;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.util.List;
import java.util.function.Function;

/**
 * A way of adapting a model, the service that method modules provide.
 *
 * @param <C> its settings
 */
public interface PeftMethod<C extends PeftConfig> {

    /** Returns the method's name in {@code adapter_config.json}. */
    String peftType();

    /** Returns the class of its settings. */
    Class<C> configType();

    /**
     * Decides where the method attaches and what it does there.
     *
     * @throws IllegalArgumentException listing everything in the settings that the model cannot serve
     */
    Adaptation attach(C config, BaseModel base);

    /**
     * Decides it for an adapter that is there already, in files or as the result of others: what only a new one is refused for
     * is told in a warning. By default there is nothing of that kind.
     */
    default Adaptation reattach(C config, BaseModel base) {
        return attach(config, base);
    }

    /** Returns whether a configuration file is this method's, among those with its {@link #peftType}. */
    default boolean reads(ConfigFields fields) {
        return true;
    }

    /** Reads the method's settings; every field of a file that it does not read must have its default. */
    C read(ConfigFields fields);

    /** Returns the method's fields of {@code adapter_config.json}, all of them. */
    JsonObject write(C config);

    /**
     * Returns settings that compute the same with what an encoder of the settings computes in the place of the encoder.
     *
     * <p>Files hold the parameters of these; where they are not the same, those of the encoder are in a file of their own.
     */
    default C folded(C config) {
        return config;
    }

    /**
     * Returns settings with the tokens of all texts that parameters start from.
     *
     * @param tokens of a text, special ones included; none if the text has no other
     */
    default C tokenised(C config, Function<String, List<Integer>> tokens) {
        return config;
    }

    /** Returns the method's fields of {@code adapter_config.json}, with those that say what the base model is like. */
    default JsonObject write(C config, BaseModel base) {
        return write(config);
    }

    /**
     * Compares what a file of settings says of its base model with a model.
     *
     * @throws IllegalArgumentException listing everything that differs
     */
    default void checkBase(ConfigFields fields, BaseModel base) {}

    /** Returns whether a tensor of that file is one that the method keeps as it was drawn. */
    default boolean isFrozen(String tensor) {
        return false;
    }

    /** Returns the name of a parameter in the file of tensors. */
    default String tensorName(String parameter) {
        return "base_model.model." + parameter;
    }

    /**
     * Returns what the library that the files come from calls a parameter in its live model, the adapter's name left out.
     */
    default String liveName(String parameter) {
        return tensorName(parameter);
    }

    /**
     * Adds the gradient of what the method adds to the loss, once per update before clipping; by default nothing.
     *
     * @param values the parameters
     * @param gradients what to add to, by the same names
     */
    default void regularise(C config, ParameterBuffer values, ParameterBuffer gradients) {}

    /** Returns what the method adds to the loss: what {@link #regularise} adds the gradient of. */
    default double penalty(C config, ParameterBuffer values) {
        return 0;
    }

    /**
     * Returns what the method does after each update of an adapter in training; by default nothing.
     *
     * @param owner the manager of the tensors that this needs
     */
    default UpdateRule updateRule(C config, Adapter adapter, NDManager owner) {
        return UpdateRule.NONE;
    }

    /**
     * Returns the adapter that files hold, which computes the same; by default the adapter itself.
     *
     * <p>Whoever asks closes one that is not the adapter itself.
     */
    default Adapter stored(Adapter adapter, BaseModel base) {
        return adapter;
    }

    /**
     * Returns whether files repeat the biases of modules that are trained as a whole, and those of the base model, under the
     * names that they have in Hugging Face PEFT's live model.
     */
    default boolean repeatsBiases(C config) {
        return false;
    }
}
