package io.peft4j.examples;

import io.peft4j.examples.cli.Verbs;

/** The command line. */
public final class Peft4j {

    private Peft4j() {}

    /** Runs a verb and exits with 0 on success, 2 on wrong usage, 1 on any other failure. */
    public static void main(String[] arguments) {
        System.exit(Verbs.run(arguments));
    }
}
