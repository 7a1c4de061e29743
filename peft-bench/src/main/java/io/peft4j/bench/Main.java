package io.peft4j.bench;

import java.io.IOException;
import java.util.Arrays;
import picocli.CommandLine;

/** Runs {@code step}, or the JMH benchmarks if the first argument is something else. */
public final class Main {

    private Main() {}

    /** Starts the program. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 0 && arguments[0].equals("step")) {
            String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
            System.exit(new CommandLine(new StepCommand()).execute(rest));
        }
        org.openjdk.jmh.Main.main(arguments);
    }
}
