package io.peft4j.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript module written as text, in the archive that {@code torch::jit::load} reads.
 *
 * <p>An archive is a zip of four short entries: the source, a pickle of one object without attributes, an empty table
 * of constants, and the version of the operator set. Weights are not in it; they are arguments.
 */
final class TorchScriptArchive {

    /** The newest operator set of libtorch 2; under older numbers old signatures apply. */
    private static final String OPERATOR_SET = "10\n";

    /** PROTO 2, GLOBAL __torch__.Kernels, EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, BUILD, STOP. */
    private static final String MODULE = "\u0080\u0002c__torch__\nKernels\n)\u0081}b.";

    /** PROTO 2, EMPTY_TUPLE, STOP. */
    private static final String CONSTANTS = "\u0080\u0002).";

    private static final LocalDateTime ANY_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final StringBuilder functions = new StringBuilder();
    private final StringBuilder methods = new StringBuilder();

    /** Adds the source of functions, which bodies call as {@code __torch__.name(...)}. */
    TorchScriptArchive functions(String source) {
        functions.append(source);
        return this;
    }

    /** Adds a method that Java calls. */
    TorchScriptArchive method(String name, String parameters, String body) {
        String self = parameters.isBlank() ? "self" : "self, " + parameters;
        methods.append("def %s(%s):\n".formatted(name, self).indent(2)).append(body.indent(4));
        return this;
    }

    /** Returns the source, lines of which libtorch's messages quote. */
    String source() {
        return functions + "class Kernels(Module):\n" + methods;
    }

    /** Returns the archive. */
    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "data.pkl", MODULE.getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "code/__torch__.py", source().getBytes(StandardCharsets.UTF_8));
            store(zip, "constants.pkl", CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "version", OPERATOR_SET.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry("kernels/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        entry.setTimeLocal(ANY_TIME);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
