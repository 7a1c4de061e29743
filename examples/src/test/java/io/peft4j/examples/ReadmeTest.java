package io.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The snippet that opens the README is code that compiles. */
class ReadmeTest {

    @Test
    void snippet_ofTheReadme_isTheQuickstart() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        String snippet =
                readme.substring(readme.indexOf("```java\n") + 8, readme.indexOf("\n```", readme.indexOf("```java")));
        String source = Files.readString(Path.of("src/main/java/io/peft4j/examples/Quickstart.java"));

        assertThat(withoutSpace(source)).contains(withoutSpace(snippet));
    }

    /** Line breaks are the formatter's business. */
    private static String withoutSpace(String text) {
        return text.replaceAll("\\s+", "");
    }
}
