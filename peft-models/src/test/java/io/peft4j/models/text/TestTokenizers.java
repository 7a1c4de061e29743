package io.peft4j.models.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.peft4j.models.minilm.MiniLm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tokenizers and expected values that several tests use. */
final class TestTokenizers {

    static final Tokenizer MINI_LM;
    static final Tokenizer BYTE_LEVEL;

    static {
        try {
            MINI_LM = Tokenizer.load(MiniLm.folder());
            BYTE_LEVEL = Tokenizer.load(resource("byte-level"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TestTokenizers() {}

    static Path resource(String name) {
        return Path.of(URI.create(TestTokenizers.class.getResource(name).toString()));
    }

    static JsonElement json(String name) throws IOException {
        return JsonParser.parseString(Files.readString(resource(name)));
    }
}
