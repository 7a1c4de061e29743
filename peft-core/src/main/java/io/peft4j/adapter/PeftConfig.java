package io.peft4j.adapter;

import java.util.List;

/** The settings of a method: a value that builders make, files hold, and {@link PeftMethod} turns into an adapter. */
public interface PeftConfig {

    /** Returns the method's name in {@code adapter_config.json}, such as {@code LORA}. */
    String peftType();

    /** Returns modules that are trained and saved as a whole beside the method's own parameters. */
    List<String> modulesToSave();
}
