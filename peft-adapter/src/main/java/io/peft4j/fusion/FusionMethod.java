package io.peft4j.fusion;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.bottleneck.BottleneckPlacement;
import io.peft4j.bottleneck.LeaveOut;
import io.peft4j.fusion.FusionConfig.Projections;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.model.Weights;
import io.peft4j.program.NativeTensors;
import java.util.Random;

/** AdapterFusion as a service; the adapter it makes is used through {@link io.peft4j.adapter.Selection#fuse}. */
public final class FusionMethod implements PeftMethod<FusionConfig> {

    private static final String VALUE = ".value.weight";
    private static final double STRENGTH = 0.01;
    private static final float OFF_DIAGONAL = 1e-6f;

    @Override
    public String peftType() {
        return FusionConfig.TYPE;
    }

    @Override
    public Class<FusionConfig> configType() {
        return FusionConfig.class;
    }

    @Override
    public Adaptation attach(FusionConfig config, BaseModel base) {
        return new Fusion(config);
    }

    /** Adds the gradient of 0.01·Σ‖V − I‖², which is 0.02·(V − I). */
    @Override
    public void regularise(FusionConfig config, ParameterBuffer values, ParameterBuffer gradients) {
        if (!config.regularization()) {
            return;
        }
        for (String name : values.names()) {
            if (name.endsWith(VALUE)) {
                float[] value = NativeTensors.toFloats(values.get(name));
                float[] gradient = NativeTensors.toFloats(gradients.get(name));
                int width = (int) Math.round(Math.sqrt(value.length));
                for (int i = 0; i < value.length; i++) {
                    float one = i / width == i % width ? 1 : 0;
                    gradient[i] += (float) (2 * STRENGTH) * (value[i] - one);
                }
                NDArray target = gradients.get(name);
                try (NDArray source = target.getManager().create(gradient, target.getShape())) {
                    NativeTensors.copy(target, source);
                }
            }
        }
    }

    @Override
    public FusionConfig read(ConfigFields fields) {
        Projections projections = new Projections(
                fields.flag("query", true),
                fields.flag("key", true),
                fields.flag("value", true),
                fields.flag("value_initialized", true));
        boolean temperature = fields.flag("temperature", false);
        fields.require(!temperature, "temperature is not supported: its state is in no file");
        boolean early = fields.flag("query_before_ln", false);
        fields.require(!early, "query_before_ln is not supported");
        fields.flag("value_before_softmax", true);
        FusionConfig config = new FusionConfig(
                fields.texts("adapters"),
                new BottleneckPlacement(
                        fields.flag("attention", false),
                        fields.flag("feed_forward", true),
                        fields.flag("cross_attention", false),
                        LeaveOut.read(fields)),
                projections,
                fields.flag("residual_before", false),
                fields.real("dropout_prob", 0),
                fields.flag("regularization", true));
        fields.check(new JsonObject());
        return config;
    }

    @Override
    public JsonObject write(FusionConfig config) {
        JsonObject json = settings(config);
        JsonArray names = new JsonArray();
        config.adapters().forEach(names::add);
        json.add("adapters", names);
        json.addProperty("attention", config.placement().attention());
        json.addProperty("feed_forward", config.placement().feedForward());
        json.addProperty("cross_attention", config.placement().crossAttention());
        json.add("leave_out", config.placement().leaveOut().json());
        return json;
    }

    /** Returns the fields that AdapterHub's files have. */
    public static JsonObject settings(FusionConfig config) {
        Projections projections = config.projections();
        JsonObject json = new JsonObject();
        if (config.dropout() == 0) {
            json.add("dropout_prob", JsonNull.INSTANCE);
        } else {
            json.addProperty("dropout_prob", config.dropout());
        }
        json.addProperty("key", projections.key());
        json.addProperty("query", projections.query());
        json.addProperty("query_before_ln", false);
        json.addProperty("regularization", config.regularization());
        json.addProperty("residual_before", config.residualBefore());
        json.addProperty("temperature", false);
        json.addProperty("value", projections.value());
        json.addProperty("value_before_softmax", true);
        json.addProperty("value_initialized", projections.valueInitialized());
        return json;
    }

    /** Fills a square with ones on the diagonal and almost nothing elsewhere. */
    static void nearIdentity(NDArray target, Random random, Weights base) {
        int width = Math.toIntExact(target.getShape().get(0));
        float[] values = new float[width * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / width == i % width ? 1 : OFF_DIAGONAL;
        }
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            NativeTensors.copy(target, source);
        }
    }
}
