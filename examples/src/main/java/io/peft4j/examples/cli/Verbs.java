package io.peft4j.examples.cli;

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
                        command.getErr().println("error: " + FailureText.of(failure));
                    }
                    return failure instanceof UsageException ? 2 : 1;
                })
                .execute(arguments);
    }
}
