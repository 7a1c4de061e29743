package io.peft4j.adapter;

import java.util.List;

/** The settings of a method: a value that builders make, files hold, and {@link PeftMethod} turns into an adapter. */
public interface PeftConfig {

    /** Returns the method's name in {@code adapter_config.json}, such as {@code LORA}. */
    String peftType();

    /** Returns modules that are trained and saved as a whole beside the method's own parameters. */
    List<String> modulesToSave();

    /** Returns how many tasks share an adapter, so that every text must say which it is of; 0 if none needs to. */
    default int tasks() {
        return 0;
    }
}
