package io.peft4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.program.DType;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes a base model as a checkpoint in Hugging Face layout. */
public final class SavedModel {

    private static final List<String> COPIED = List.of(
            "generation_config.json",
            "modules.json",
            "sentence_bert_config.json",
            "1_Pooling/config.json",
            "chat_template.jinja",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.txt",
            "vocab.json",
            "merges.txt");

    private SavedModel() {}

    /**
     * Writes {@code config.json} and {@code model.safetensors}, and copies the files of the tokenizer, of generation and of
     * sentence-transformers if there are any.
     *
     * @param tokenizer the folder that has them
     */
    public static void write(BaseModel model, Path folder, Path tokenizer) throws IOException {
        Files.createDirectories(folder);
        try (NDManager scratch = model.newManager()) {
            List<NamedTensor> tensors = model.weights().names().stream()
                    .map(name -> new NamedTensor(name, model.weights().dtype(name), asStored(model, name, scratch)))
                    .toList();
            SafeTensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        }
        AtomicFile.write(folder.resolve("config.json"), PythonJson.format(config(model)));
        for (String file : COPIED) {
            Path source = tokenizer.resolve(file);
            if (Files.exists(source)) {
                Files.createDirectories(folder.resolve(file).getParent());
                byte[] content = Files.readAllBytes(source);
                AtomicFile.write(folder.resolve(file), out -> out.write(content));
            }
        }
    }

    private static NDArray asStored(BaseModel model, String name, NDManager scratch) {
        NDArray weight = model.weights().get(name);
        double factor =
                model.weights().untied().contains(name) ? model.architecture().untiedFactor() : 1;
        if (factor != 1) {
            NDArray scaled = NativeTensors.cast(scratch, weight, DType.FLOAT32).mul(factor);
            return NativeTensors.cast(scratch, scaled, model.weights().dtype(name));
        }
        return model.architecture().storesTransposed(name) ? NativeTensors.transposed(scratch, weight) : weight;
    }

    private static JsonObject config(BaseModel model) {
        JsonObject config = model.config();
        JsonArray classes = new JsonArray();
        classes.add(model.architecture().className(model.task()));
        config.add("architectures", classes);
        config.addProperty("dtype", model.weights().dtype().name().toLowerCase(Locale.ROOT));
        config.remove("torch_dtype");
        if (!model.weights().untied().isEmpty()) {
            model.architecture().untie(config);
        }
        List<String> labels = model.task().labels();
        if (!labels.isEmpty()) {
            JsonObject names = new JsonObject();
            JsonObject numbers = new JsonObject();
            for (int i = 0; i < labels.size(); i++) {
                names.addProperty(Integer.toString(i), labels.get(i));
                numbers.addProperty(labels.get(i), i);
            }
            config.add("id2label", names);
            config.add("label2id", numbers);
            if (model.task().type() == TaskType.SEQ_CLS) {
                config.addProperty("problem_type", model.task().problem().fileName());
            }
        }
        return config;
    }
}
