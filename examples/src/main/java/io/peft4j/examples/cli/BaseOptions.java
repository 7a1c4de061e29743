package io.peft4j.examples.cli;

import ai.djl.Device;
import io.peft4j.model.WeightStorage;
import io.peft4j.models.HubCache;
import io.peft4j.models.minilm.MiniLm;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Which base model, and where and how it computes. */
final class BaseOptions {

    private static final List<String> ADAPTERS = List.of("adapter_config.json", "adapter_fusion_config.json");

    /** The types to compute in. */
    enum Precision {
        FLOAT32,
        BFLOAT16
    }

    @Option(
            names = "--base",
            defaultValue = "minilm",
            paramLabel = "DIR|minilm|NAME",
            description =
                    "Folder in Hugging Face layout, the embedded model, or a name in the local cache. Default: minilm")
    private String base = "";

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "cpu|cuda[:n]", description = "Default: cpu")
    private String device = "";

    @Option(names = "--precision", defaultValue = "float32", description = "float32 or bfloat16. Default: float32")
    private Precision precision = Precision.FLOAT32;

    @Option(
            names = "--weights",
            defaultValue = "converted",
            description =
                    "How weights lie in memory: converted to --precision when loaded, kept as in the file and converted"
                            + " in every use, or packed, with copies for faster products. Default: converted")
    private WeightStorage weights = WeightStorage.CONVERTED;

    @Option(
            names = "--threads",
            defaultValue = "0",
            converter = Count.class,
            description = "Native threads; by default one per core.")
    private int threads;

    @Option(names = "--seed", defaultValue = "42", description = "Decides everything random. Default: 42")
    private long seed;

    /** Returns the model's folder; to be called before anything native. */
    Path folder() throws IOException {
        if (threads > 0) {
            System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        }
        if (base.isBlank()) {
            throw new UsageException("--base is empty: name a folder, minilm, or a model of the local cache");
        }
        if (base.equals("minilm")) {
            return MiniLm.folder();
        }
        Path folder = Path.of(base);
        if (!Files.isDirectory(folder)) {
            return HubCache.find(base);
        }
        boolean isAdapter = ADAPTERS.stream().anyMatch(name -> Files.exists(folder.resolve(name)));
        if (isAdapter && !Files.exists(folder.resolve("config.json"))) {
            throw new UsageException(
                    "--base %s holds an adapter and no base model: name the model that the adapter was trained on"
                            .formatted(base));
        }
        return folder;
    }

    String name() {
        return base;
    }

    /** Fails where numbers are compared that others computed in FLOAT32. */
    void requireFloat32() {
        if (precision != Precision.FLOAT32) {
            throw new UsageException("numbers are compared in float32: leave out --precision");
        }
    }

    DType dtype() {
        return precision == Precision.BFLOAT16 ? DType.BFLOAT16 : DType.FLOAT32;
    }

    WeightStorage weights() {
        return weights;
    }

    Device device() {
        String name = device.toLowerCase(Locale.ROOT);
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (!name.matches("cuda(:\\d+)?")) {
            throw new UsageException("--device must be cpu or cuda[:n]: " + device);
        }
        int number = name.contains(":") ? Integer.parseInt(name.substring(name.indexOf(':') + 1)) : 0;
        return Device.gpu(number);
    }

    long seed() {
        return seed;
    }
}
