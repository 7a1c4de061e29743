package io.peft4j.adapterhub;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.fusion.FusionConfig;
import io.peft4j.fusion.FusionMethod;
import io.peft4j.io.AtomicFile;
import io.peft4j.io.NamedTensor;
import io.peft4j.io.PythonJson;
import io.peft4j.io.SafeTensorsWriter;
import io.peft4j.io.TorchFileWriter;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes an adapter as AdapterHub 1.2 does, in both of its forms. */
final class HubWriter {

    private static final String VERSION = "adapters.1.2.0";

    private HubWriter() {}

    /**
     * Writes a folder, the tensors first, so that settings never stand beside missing tensors; returns the names of its
     * files.
     */
    static Set<String> write(Adapter adapter, BaseModel base, Path folder) throws IOException {
        List<NamedTensor> own = new ArrayList<>();
        List<NamedTensor> head = new ArrayList<>();
        for (ParameterBuffer buffer : List.of(adapter.trainable(), adapter.frozen())) {
            for (String parameter : buffer.names()) {
                if (HubNames.headTensor(parameter, base).isPresent()) {
                    head.add(new NamedTensor(parameter, DType.FLOAT32, buffer.get(parameter)));
                    continue;
                }
                String file = HubNames.file(parameter, adapter.name());
                own.add(new NamedTensor(file, DType.FLOAT32, buffer.get(parameter)));
                HubNames.copies(file, base)
                        .forEach(copy -> own.add(new NamedTensor(copy, DType.FLOAT32, buffer.get(parameter))));
            }
        }
        Files.createDirectories(folder);
        if (!head.isEmpty()) {
            write(HubFiles.HEAD, folder, head, head(adapter, base));
        }
        HubFiles files = adapter.config() instanceof FusionConfig ? HubFiles.FUSION : HubFiles.ADAPTER;
        write(
                files,
                folder,
                own,
                adapter.config() instanceof FusionConfig fusion ? fusion(fusion, base) : adapter(adapter, base));
        Set<String> names = new HashSet<>(files.names());
        names.addAll(head.isEmpty() ? List.of() : HubFiles.HEAD.names());
        return names;
    }

    private static void write(HubFiles files, Path folder, List<NamedTensor> tensors, JsonObject json)
            throws IOException {
        TorchFileWriter.write(files.bin(folder), tensors);
        SafeTensorsWriter.write(files.safeTensors(folder), tensors, Map.of("format", "pt"));
        AtomicFile.write(files.config(folder), PythonJson.format(json));
    }

    private static JsonObject adapter(Adapter adapter, BaseModel base) {
        JsonObject json = settings(base);
        json.add("config", HubConfig.write(adapter.config(), width(base)));
        json.addProperty("name", adapter.name());
        return json;
    }

    private static JsonObject fusion(FusionConfig fusion, BaseModel base) {
        JsonArray names = new JsonArray();
        fusion.adapters().forEach(names::add);
        JsonObject json = settings(base);
        json.add("adapter_names", names);
        json.add("config", FusionMethod.settings(fusion));
        json.addProperty("name", String.join(",", fusion.adapters()));
        return json;
    }

    private static JsonObject settings(BaseModel base) {
        JsonObject json = new JsonObject();
        json.addProperty("hidden_size", width(base));
        json.addProperty("model_class", base.architecture().className(base.task()));
        json.addProperty("model_name", base.name());
        JsonElement type = base.config().get("model_type");
        json.add("model_type", type == null ? JsonNull.INSTANCE : type);
        json.addProperty("version", VERSION);
        return json;
    }

    private static JsonObject head(Adapter adapter, BaseModel base) {
        JsonObject labels = new JsonObject();
        List<String> names = adapter.task().labels();
        for (int i = 0; i < names.size(); i++) {
            labels.addProperty(names.get(i), i);
        }
        JsonObject json = settings(base);
        json.add("config", JsonNull.INSTANCE);
        json.add("name", JsonNull.INSTANCE);
        json.add("label2id", labels);
        json.addProperty("num_labels", names.size());
        return json;
    }

    /** Returns the width of the residual stream. */
    static long width(BaseModel base) {
        return base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.SUBLAYER)
                .mapToLong(AttachmentPoint::out)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(base.name() + " has no sub-layers"));
    }
}
