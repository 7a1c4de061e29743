package io.peft4j.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Runs {@code step}, {@code generate}, {@code latency} or {@code load}, or the JMH benchmarks if the first argument is something else. */
public final class Main {

    private Main() {}

    /** Starts the program. */
    public static void main(String[] arguments) throws IOException {
        @Nullable Callable<Integer> command = arguments.length == 0 ? null : command(arguments[0]);
        if (command != null) {
            String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
            System.exit(run(command, rest));
        }
        org.openjdk.jmh.Main.main(arguments);
    }

    /** Runs a command; returns the exit code: 2 for options that cannot be, 1 for any other failure. */
    static int run(Callable<Integer> command, String... arguments) {
        return new CommandLine(command)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    String message = failure.getMessage();
                    line.getErr().println("error: " + (message == null ? failure : message));
                    return failure instanceof IllegalArgumentException ? 2 : 1;
                })
                .execute(arguments);
    }

    private static @Nullable Callable<Integer> command(String name) {
        return switch (name) {
            case "step" -> new StepCommand();
            case "generate" -> new GenerateCommand();
            case "latency" -> new LatencyCommand();
            case "load" -> new LoadCommand();
            default -> null;
        };
    }
}
