package io.peft4j.examples.cli;

import ai.djl.engine.EngineException;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** All verbs. */
@Command(
        name = "peft4j",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Parameter-efficient fine-tuning.",
        subcommands = {
            CompareVerb.class,
            FinetuneVerb.class,
            EvaluateVerb.class,
            PredictVerb.class,
            GenerateVerb.class,
            ParityVerb.class,
            MergeVerb.class,
            InspectVerb.class,
            ConvertVerb.class,
            ExtractVerb.class,
            AdviseVerb.class
        })
public final class Verbs {

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
    private boolean debug;

    private Verbs() {}

    /** Runs a verb; returns the exit code. */
    public static int run(String[] arguments) {
        Verbs verbs = new Verbs();
        return new CommandLine(verbs)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (verbs.debug || Arrays.asList(arguments).contains("--debug")) {
                        failure.printStackTrace(command.getErr());
                    } else {
                        command.getErr().println("error: " + message(failure));
                    }
                    return failure instanceof UsageException ? 2 : 1;
                })
                .execute(arguments);
    }

    private static String message(Throwable failure) {
        String text = failure.getMessage();
        if (failure instanceof EngineException && text != null) {
            String[] lines = text.strip().split("\\R", -1);
            return lines[lines.length - 1]; // Those before it are the traceback of a generated program.
        }
        return text == null || failure instanceof java.nio.file.NoSuchFileException
                ? "%s: %s".formatted(failure.getClass().getSimpleName(), text)
                : text;
    }
}
