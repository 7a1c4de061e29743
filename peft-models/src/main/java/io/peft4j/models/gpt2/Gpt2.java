package io.peft4j.models.gpt2;

import io.peft4j.model.Architecture;
import io.peft4j.model.ModelConfig;
import io.peft4j.model.Module;
import io.peft4j.models.common.DecoderNames;
import io.peft4j.models.common.Heads;
import io.peft4j.models.common.LayerInputs;
import io.peft4j.models.common.PreNormDecoder;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * GPT-2: learned positions, layer norms, one linear for query, key and value.
 *
 * <pre>
 * e = word + position                       before the layers
 * attention(x) = O·heads(C·x)
 * feedForward(x) = W₂·act(W₁·x)
 * </pre>
 *
 * <p>Its files hold the weights of linears as [in, out]; the loader turns them, so here they are as everywhere.
 */
final class Gpt2 extends PreNormDecoder {

    /** Makes GPT-2s. */
    public static final class Factory implements Architecture.Factory {
        @Override
        public String modelType() {
            return "gpt2";
        }

        @Override
        public Architecture create(ModelConfig config) {
            Gpt2Config gpt2 = Gpt2Config.of(config);
            config.check();
            return new Gpt2(gpt2);
        }
    }

    private static final DecoderNames NAMES = new DecoderNames(
            "GPT2",
            "GPT2LMHeadModel",
            "transformer",
            "wte",
            "h",
            "ln_f",
            new DecoderNames.Layer("ln_1", "attn", "ln_2", "mlp"),
            "classifier");

    private final Gpt2Config config;

    private Gpt2(Gpt2Config config) {
        super(config.sizes(), NAMES);
        this.config = config;
    }

    @Override
    public List<String> defaultTargets() {
        return List.of("c_attn");
    }

    @Override
    public boolean storesTransposed(String weight) {
        return weight.endsWith(".c_attn.weight")
                || weight.endsWith(".c_proj.weight")
                || weight.endsWith(".c_fc.weight");
    }

    @Override
    public boolean mayIgnore(String name) {
        return super.mayIgnore(name) || name.endsWith(".attn.bias") || name.endsWith(".attn.masked_bias");
    }

    @Override
    protected Tensor embeddings(Module m, Tensor words, Tensor positions) {
        Tensor table = m.child("wpe").weight("weight", sizes().positions(), sizes().width());
        return words.add(table.embedding(positions)); // [B, T, D]
    }

    @Override
    protected List<Tensor> turns(Tensor positions, DType dtype) {
        return List.of();
    }

    @Override
    protected Tensor norm(Module m, String name, Tensor x) {
        return m.layerNorm(name, x, config.epsilon());
    }

    @Override
    protected Tensor attention(Module m, int layer, Tensor x, LayerInputs inputs) {
        int d = sizes().width();
        int heads = sizes().heads();
        Tensor all = m.linear("c_attn", x, 3L * d); // [B, T, 3·D]
        Tensor q = Heads.split(part(all, 0), heads);
        Tensor k = Heads.split(part(all, 1), heads);
        Tensor v = Heads.split(part(all, 2), heads);
        double scale =
                (config.scale() ? 1 / Math.sqrt(sizes().headWidth()) : 1) / (config.scaleByLayer() ? layer + 1 : 1);
        Tensor y = m.linear("c_proj", Heads.attend(m, layer, x, q, k, v, inputs.mask(), scale), d);
        // Behind the output layer, other than in every decoder else: files of Hugging Face PEFT mean that.
        return m.attended(layer, y, d, rows -> attendLearned(m, q, rows));
    }

    /** Returns what queries make of rows [P, D], whatever the layer's own scale is. */
    private Tensor attendLearned(Module m, Tensor q, Tensor rows) {
        long d = sizes().width();
        int heads = sizes().heads();
        Tensor all = m.linear("c_attn", rows.reshape(Dim.of(1), rows.dim(0), rows.dim(1)), 3 * d);
        return Heads.attendLearned(
                m,
                q,
                Heads.split(part(all, 1), heads),
                Heads.split(part(all, 2), heads),
                1 / Math.sqrt(sizes().headWidth()));
    }

    @Override
    protected Tensor feedForward(Module m, Tensor x) {
        Tensor inner = m.linear("c_fc", x, config.feedForward()).activation(config.activation());
        return m.linear("c_proj", inner, sizes().width());
    }

    private Tensor part(Tensor all, int number) {
        long d = sizes().width();
        return all.slice(2, Dim.of(number * d), Dim.of((number + 1) * d));
    }
}
