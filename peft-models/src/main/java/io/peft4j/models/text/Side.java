package io.peft4j.models.text;

/** The end of a sequence at which padding is added or tokens are cut off. */
public enum Side {
    LEFT,
    RIGHT
}
