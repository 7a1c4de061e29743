package io.peft4j.models.common;

import io.peft4j.model.Module;
import io.peft4j.program.DType;
import io.peft4j.program.Dim;
import io.peft4j.program.Tensor;
import java.util.List;

/**
 * A decoder with rotary positions, root mean square norms and a gated feed-forward, as Llama's (Touvron et al. 2023).
 *
 * <pre>
 * attention(x) = O·heads(turn(Q·x), turn(K·x), V·x)
 * feedForward(x) = W₂·(act(W₁·x)·W₃·x)
 * </pre>
 */
public abstract class RotaryDecoder extends PreNormDecoder {

    /**
     * Which linears have a bias.
     *
     * @param inputs those of query, key and value
     * @param output that after the heads
     * @param feedForward the three of the feed-forward
     */
    public record Biases(boolean inputs, boolean output, boolean feedForward) {}

    private final RotarySizes rotary;
    private final Biases biases;

    /** Makes a decoder. */
    protected RotaryDecoder(RotarySizes rotary, Biases biases, DecoderNames names) {
        super(rotary.decoder(), names);
        this.rotary = rotary;
        this.biases = biases;
    }

    /** Returns queries or keys [B, T, H, Hd] before they are turned; {@code name} is {@code q} or {@code k}. */
    protected Tensor heads(Module m, String name, Tensor x) {
        return x;
    }

    /** Returns the sizes of all that is rotary. */
    protected final RotarySizes rotary() {
        return rotary;
    }

    @Override
    public final List<String> defaultTargets() {
        return List.of("q_proj", "v_proj");
    }

    @Override
    protected final long window(int layer) {
        return rotary.windows().get(layer);
    }

    @Override
    protected final Tensor embeddings(Module m, Tensor words, Tensor positions) {
        return words;
    }

    @Override
    protected final List<Tensor> turns(Tensor positions, DType dtype) {
        return positions.turns(rotary.frequencies()).stream()
                .map(x -> x.cast(dtype).reshape(x.dim(0), x.dim(1), Dim.of(1), x.dim(2)))
                .toList(); // [1 or B, T, 1, Hd]
    }

    @Override
    protected final Tensor norm(Module m, String name, Tensor x) {
        return m.rmsNorm(name, x, rotary.epsilon());
    }

    @Override
    protected final Tensor attention(Module m, int layer, Tensor x, LayerInputs inputs) {
        Tensor q = project(m, "q", x, sizes().heads()); // [B, T, H, Hd]
        Tensor k = project(m, "k", x, sizes().keyHeads()); // [B, T, K, Hd]
        Tensor v = project(m, "v", x, sizes().keyHeads());
        Tensor queries = turn(heads(m, "q", q), inputs);
        double scale = 1 / Math.sqrt(sizes().headWidth());
        Tensor attended = Heads.attend(m, layer, x, queries, turn(heads(m, "k", k), inputs), v, inputs.mask(), scale);
        Tensor all = m.attended(layer, attended, sizes().width(), rows -> attendLearned(m, queries, rows, scale));
        return linear(m, "o_proj", all, sizes().width(), biases.output());
    }

    /** Returns what queries make of rows [P, D], which have no positions. */
    private Tensor attendLearned(Module m, Tensor queries, Tensor rows, double scale) {
        Tensor x = rows.reshape(Dim.of(1), rows.dim(0), rows.dim(1));
        Tensor k = project(m, "k", x, sizes().keyHeads());
        Tensor v = project(m, "v", x, sizes().keyHeads());
        return Heads.attendLearned(m, queries, heads(m, "k", k), v, scale);
    }

    @Override
    protected final Tensor feedForward(Module m, Tensor x) {
        Tensor gate = linear(m, "gate_proj", x, rotary.feedForward(), biases.feedForward());
        Tensor up = linear(m, "up_proj", x, rotary.feedForward(), biases.feedForward());
        Tensor inner = gate.activation(rotary.activation()).multiply(up);
        return linear(m, "down_proj", inner, sizes().width(), biases.feedForward());
    }

    private Tensor project(Module m, String name, Tensor x, int heads) {
        return Heads.split(linear(m, name + "_proj", x, (long) heads * sizes().headWidth(), biases.inputs()), heads);
    }

    private static Tensor turn(Tensor x, LayerInputs inputs) {
        return x.rotate(inputs.turns().get(0), inputs.turns().get(1));
    }

    private static Tensor linear(Module m, String name, Tensor x, long out, boolean biased) {
        return biased ? m.linear(name, x, out) : m.linearWithoutBias(name, x, out);
    }
}
