package io.peft4j.prompt;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import java.util.List;
import java.util.OptionalInt;

/** P-tuning as a service. */
public final class PTuningMethod extends PromptMethod<PTuningConfig> {

    static final String TYPE = "P_TUNING";

    private static final String ENCODER = "encoder_reparameterization_type";
    private static final String LAYERS = "encoder_num_layers";
    private static final String DROPOUT = "encoder_dropout";
    private static final int DEFAULT_LAYERS = 2;

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<PTuningConfig> configType() {
        return PTuningConfig.class;
    }

    @Override
    public Adaptation attach(PTuningConfig config, BaseModel base) {
        PromptFields.words(base);
        return new PTuning(
                config.virtualTokens(), PromptFields.storedRows(config.virtualTokens(), base), config.encoder());
    }

    @Override
    public PTuningConfig folded(PTuningConfig config) {
        return config.encoder() instanceof PromptEncoder.Folded
                ? config
                : config.encoder(new PromptEncoder.Folded(config.encoder()));
    }

    @Override
    public PTuningConfig read(ConfigFields fields) {
        int virtualTokens = PromptFields.read(fields);
        String encoder = fields.text(ENCODER, "MLP");
        fields.require(encoder.equals("MLP") || encoder.equals("LSTM"), "%s must be MLP or LSTM: %s", ENCODER, encoder);
        OptionalInt hidden = PromptFields.hidden(fields);
        int layers = fields.number(LAYERS, DEFAULT_LAYERS, 1);
        double dropout = fields.real(DROPOUT, 0);
        fields.require(dropout >= 0 && dropout < 1, "%s must be in [0, 1): %s", DROPOUT, dropout);
        List<String> modules =
                fields.texts("modules_to_save").stream().distinct().toList();
        fields.check(new JsonObject());
        PromptEncoder network =
                encoder.equals("LSTM") ? new LstmEncoder(hidden, layers, dropout) : new PromptEncoder.Mlp(hidden);
        return new PTuningConfig(virtualTokens, network, modules);
    }

    @Override
    public JsonObject write(PTuningConfig config) {
        JsonObject json = PromptFields.write(config.virtualTokens());
        PromptEncoder encoder =
                config.encoder() instanceof PromptEncoder.Folded folded ? folded.original() : config.encoder();
        json.addProperty(ENCODER, encoder instanceof LstmEncoder ? "LSTM" : "MLP");
        PromptFields.hidden(encoder.hidden(), json);
        json.addProperty(LAYERS, encoder instanceof LstmEncoder lstm ? lstm.layers() : DEFAULT_LAYERS);
        json.addProperty(DROPOUT, encoder instanceof LstmEncoder lstm ? lstm.dropout() : 0.0);
        return json;
    }

    @Override
    JsonObject base(BaseModel base) {
        return PromptFields.ofWords(base);
    }
}
