package io.peft4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every Java snippet of the README and of {@code docs} compiles. */
class DocumentationTest {

    private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)\n```", Pattern.DOTALL);

    /** What the text around a snippet introduces in words. */
    private static final String FIELDS =
            """
            static Path folder, adapterFolder; static List<String> labels, texts; static long seed;
            static BaseModel base; static Adapter adapter, a, b, language, task, animals, plants;
            static NDManager manager; static Map<String, NDArray> inputs; static float weightDecay, clipNorm;
            """;

    /** The same for one page; its names win. */
    private static final Map<String, String> OF_PAGE = Map.of(
            "quickstart.md", "static TextClassifier model, classifier;",
            "programs.md", "static Tensor x, weight, a, b;",
            "lora-djl.md",
                    "static Model model; static Block network; static ai.djl.training.DefaultTrainingConfig config;");

    @TempDir
    Path classes;

    @TestFactory
    Stream<DynamicTest> snippet_ofTheDocumentation_compiles() throws IOException {
        List<Path> pages;
        try (Stream<Path> files = Files.walk(Path.of("../docs"))) {
            pages = Stream.concat(Stream.of(Path.of("../README.md")), files.filter(DocumentationTest::isPage))
                    .sorted()
                    .toList();
        }
        List<DynamicTest> tests =
                pages.stream().flatMap(page -> snippets(page).stream()).toList();
        assertThat(tests).hasSizeGreaterThan(10);
        return tests.stream();
    }

    private List<DynamicTest> snippets(Path page) {
        return SNIPPET.matcher(text(page))
                .results()
                .map(found -> found.group(1))
                .map(snippet -> DynamicTest.dynamicTest(
                        "%s: %s"
                                .formatted(
                                        page.getFileName(),
                                        snippet.lines().findFirst().orElse("")),
                        () -> assertThat(errors(page.getFileName().toString(), snippet))
                                .isEmpty()))
                .toList();
    }

    private List<String> errors(String page, String snippet) throws IOException {
        String fields = OF_PAGE.containsKey(page) ? merge(OF_PAGE.get(page)) : FIELDS;
        String body = snippet.replace("…", "").replaceAll("(?m)^(new .*);", "take($1);");
        String source = imports(page) + "class Snippet { " + fields
                + "static void take(Object value) {} void run() throws Exception {\n" + body + "\n}}";
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(problems, Locale.ROOT, null)) {
            List<String> options = List.of(
                    "-proc:none", "-d", classes.toString(), "-classpath", System.getProperty("java.class.path"));
            compiler.getTask(null, files, problems, options, null, List.of(new Source(source)))
                    .call();
        }
        return problems.getDiagnostics().stream()
                .filter(problem -> problem.getKind() == javax.tools.Diagnostic.Kind.ERROR)
                .map(problem -> problem.getMessage(Locale.ROOT))
                .toList();
    }

    /** A name that a page declares is not the usual one. */
    private static String merge(String ofPage) {
        Matcher name = Pattern.compile("(\\w+)(?=[,;])").matcher(ofPage);
        String usual = FIELDS;
        while (name.find()) {
            usual = usual.replaceAll("(?<=[ ,])" + name.group(1) + "(, |(?=;))", "");
        }
        return ofPage + usual;
    }

    private static String imports(String page) throws IOException {
        TreeSet<String> packages = new TreeSet<>(List.of("java.nio.file", "java.util", "ai.djl.ndarray", "ai.djl.nn"));
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            files.map(Path::toString)
                    .filter(file -> file.matches(".*/src/main/java/io/peft4j/.*[A-Z]\\w*\\.java"))
                    .filter(file -> !file.contains("/cli/"))
                    .forEach(file -> packages.add(file.substring(file.indexOf("io/peft4j"), file.lastIndexOf('/'))
                            .replace('/', '.')));
        }
        return packages.stream().map("import %s.*;"::formatted).collect(Collectors.joining())
                + "import ai.djl.Model; import ai.djl.inference.Predictor; import ai.djl.modality.Classifications;"
                + (page.equals("lora-djl.md") ? "import ai.djl.training.Trainer;" : "");
    }

    private static boolean isPage(Path file) {
        return file.toString().endsWith(".md");
    }

    private static String text(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(String text) {
            super(URI.create("string:///Snippet.java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
