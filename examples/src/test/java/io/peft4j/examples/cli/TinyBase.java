package io.peft4j.examples.cli;

import io.peft4j.testkit.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A tiny base model of random weights with a tokenizer of a few words, which it does not have by itself. */
final class TinyBase {

    private static final List<String> WORDS =
            List.of("fur", "leaves", "an", "animal", "with", "a", "plant", "Anna", "Smith", "sleeps", "the", "is");

    private TinyBase() {}

    /** Makes a folder of a golden base model and a tokenizer, whose texts end with {@code </s>} if asked. */
    static void make(Path folder, String golden, List<String> special, boolean ends) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(Goldens.folder(golden))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        List<String> tokens = Stream.concat(special.stream(), WORDS.stream()).toList();
        String vocabulary = IntStream.range(0, tokens.size())
                .mapToObj(i -> "\"%s\": %d".formatted(tokens.get(i), i))
                .collect(Collectors.joining(", "));
        String added = IntStream.range(0, special.size())
                .mapToObj(i ->
                        "{\"id\": %d, \"content\": \"%s\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}"
                                .formatted(i, special.get(i)))
                .collect(Collectors.joining(", "));
        int end = special.indexOf("</s>");
        String template = ends
                ? "{\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}], \"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}], \"special_tokens\": {\"</s>\": {\"id\": \"</s>\", \"ids\": [%d], \"tokens\": [\"</s>\"]}}}"
                        .formatted(end)
                : "null";
        Files.writeString(
                folder.resolve("tokenizer.json"),
                "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [%s], \"normalizer\": null, \"pre_tokenizer\": {\"type\": \"WhitespaceSplit\"}, \"post_processor\": %s, \"decoder\": null, \"model\": {\"type\": \"WordLevel\", \"vocab\": {%s}, \"unk_token\": \"<unk>\"}}"
                        .formatted(added, template, vocabulary));
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"pad_token\": \"<pad>\", \"eos_token\": \"</s>\", \"unk_token\": \"<unk>\"}");
    }

    /** Makes a Llama. */
    static void decoder(Path folder) throws IOException {
        make(folder, "hf/llama/base", List.of("<pad>", "<s>", "</s>", "<unk>"), false);
    }

    /** Makes a T5. */
    static void encoderDecoder(Path folder) throws IOException {
        make(folder, "hf457/t5v1/base", List.of("<pad>", "</s>", "<unk>"), true);
    }
}
