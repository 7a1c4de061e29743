package io.peft4j.examples.cli;

import ai.djl.engine.EngineException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;

/** What users read of a failure. The system's own exceptions on files say no more than a path. */
final class FailureText {

    private static final Map<Class<? extends FileSystemException>, String> REMEDIES = Map.of(
            NoSuchFileException.class, "there is no such file or folder; check the path",
            FileAlreadyExistsException.class, "is there already and is no folder; name another, or move it away",
            NotDirectoryException.class, "is no folder; name one",
            AccessDeniedException.class, "may not be read or written; change its permissions, or name another");

    private FailureText() {}

    /** Returns the text. */
    static String of(Throwable failure) {
        String text = failure.getMessage();
        if (failure instanceof EngineException && text != null) {
            String[] lines = text.strip().split("\\R", -1);
            return lines[lines.length - 1]; // Those before it are the traceback of a generated program.
        }
        if (failure instanceof FileSystemException file && REMEDIES.containsKey(failure.getClass())) {
            return "%s: %s".formatted(file.getFile(), REMEDIES.get(failure.getClass()));
        }
        if (failure instanceof FileSystemException file && "Not a directory".equals(file.getReason())) {
            return "%s: a file stands where a folder should be on this path; name a folder".formatted(file.getFile());
        }
        return text == null ? failure.getClass().getSimpleName() : text;
    }
}
