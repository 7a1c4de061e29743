package io.peft4j.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.PeftConfig;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.adapter.PeftMethods;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/** What a run trains, on what and how: equal ones give equal adapters, so that one may go on where another stopped. */
final class RunIdentity {

    /** How much of each weight is looked at; a whole model would take as long to read as an epoch to train. */
    private static final long SAMPLE = 256;

    private RunIdentity() {}

    /** Returns what the run is, by readable names. */
    static JsonObject of(
            BaseModel base,
            Adapter adapter,
            TrainingOptions options,
            RateFactors factors,
            int updates,
            List<Example> examples) {
        JsonObject run = new JsonObject();
        PeftMethod<PeftConfig> method = PeftMethods.of(adapter.config());
        run.addProperty("peft_type", adapter.config().peftType());
        run.add("settings", method.write(adapter.config()));
        JsonArray modules = new JsonArray();
        adapter.trainedModules().forEach(modules::add);
        run.add("modules_to_save", modules);
        run.addProperty("base", fingerprint(base));
        run.addProperty("precision", base.dtype().toString());
        run.addProperty("data", fingerprint(examples));
        run.addProperty("rows", examples.size());
        run.addProperty(TrainingState.UPDATES, updates);
        run.addProperty("batch_size", options.batchSize());
        run.addProperty("accumulate", options.accumulate());
        TrainingOptions.Rate rate = options.rate();
        run.addProperty("learning_rate", rate.learningRate());
        run.addProperty("schedule", rate.schedule().toString());
        run.addProperty("warmup_ratio", rate.warmupRatio());
        run.addProperty("weight_decay", rate.weightDecay());
        run.addProperty("clip_norm", Double.toString(rate.clipNorm())); // May be infinite, which JSON has not.
        run.addProperty("seed", options.seed());
        run.addProperty("rate_factors", new TreeMap<>(factors.byPart()).toString());
        return run;
    }

    private static String fingerprint(BaseModel base) {
        MessageDigest digest = ActivationCache.sha256();
        digest.update(base.config().toString().getBytes(StandardCharsets.UTF_8));
        try (NDManager scratch = base.newManager()) {
            for (String name : base.weights().names()) {
                NDArray weight = base.weights().get(name);
                digest.update(name.getBytes(StandardCharsets.UTF_8));
                digest.update(
                        NativeTensors.toBytes(NativeTensors.view(scratch, weight, 0, Math.min(SAMPLE, weight.size()))));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String fingerprint(List<Example> examples) {
        MessageDigest digest = ActivationCache.sha256();
        examples.forEach(example -> example.rows().forEach(row -> update(digest, row)));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, Example row) {
        ByteBuffer bytes = ByteBuffer.allocate(
                Integer.BYTES * (4 + 2 * row.length() + row.labels()) + Float.BYTES * row.values().length);
        bytes.putInt(row.task()).putInt(row.length()).putInt(row.labels()).putInt(row.values().length);
        for (int i = 0; i < row.length(); i++) {
            bytes.putInt(row.id(i)).putInt(row.typeId(i));
        }
        for (int i = 0; i < row.labels(); i++) {
            bytes.putInt(row.label(i));
        }
        for (float value : row.values()) {
            bytes.putFloat(value);
        }
        digest.update(bytes.flip());
    }
}
