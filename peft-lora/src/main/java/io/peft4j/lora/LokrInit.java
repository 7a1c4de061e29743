package io.peft4j.lora;

import com.google.gson.JsonPrimitive;
import io.peft4j.model.Initializer;

/** How P and Q start; all factors that are not named here are Kaiming uniform. */
public enum LokrInit {
    /** P, or its first factor, at zero: {@code init_weights=true}. */
    ZERO_P(
            new JsonPrimitive(true),
            Initializer.zeros(),
            Initializer.kaimingUniform(),
            Initializer.zeros(),
            Initializer.kaimingUniform()),
    /** Q, or its second factor, at zero, as LyCORIS does: {@code init_weights="lycoris"}. */
    ZERO_Q(
            new JsonPrimitive("lycoris"),
            Initializer.kaimingUniform(),
            Initializer.zeros(),
            Initializer.kaimingUniform(),
            Initializer.zeros()),
    /** Nothing at zero, so that a fresh adapter changes the model: {@code init_weights=false}. */
    RANDOM(
            new JsonPrimitive(false),
            Initializer.kaimingUniform(),
            Initializer.kaimingUniform(),
            Initializer.kaimingUniform(),
            Initializer.kaimingUniform());

    private final JsonPrimitive field;
    private final Initializer wholeP;
    private final Initializer wholeQ;
    private final Initializer p1;
    private final Initializer q2;

    LokrInit(JsonPrimitive field, Initializer wholeP, Initializer wholeQ, Initializer p1, Initializer q2) {
        this.field = field;
        this.wholeP = wholeP;
        this.wholeQ = wholeQ;
        this.p1 = p1;
        this.q2 = q2;
    }

    /** Returns what {@code adapter_config.json} says. */
    JsonPrimitive field() {
        return field;
    }

    Initializer wholeP() {
        return wholeP;
    }

    Initializer wholeQ() {
        return wholeQ;
    }

    Initializer p1() {
        return p1;
    }

    Initializer q2() {
        return q2;
    }
}
