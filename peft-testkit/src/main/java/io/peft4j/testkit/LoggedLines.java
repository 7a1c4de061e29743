package io.peft4j.testkit;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is logged from when this is made until it is closed: slf4j-simple, which tests log with, writes to standard error. */
public final class LoggedLines implements AutoCloseable {

    private final PrintStream usual = System.err;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    public LoggedLines() {
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    }

    /** Returns the lines so far. */
    public List<String> lines() {
        return said.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Override
    public void close() {
        System.setErr(usual);
    }
}
