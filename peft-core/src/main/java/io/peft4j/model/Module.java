package io.peft4j.model;

import io.peft4j.program.Tensor;
import io.peft4j.program.TensorType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A part of a model while it is recorded: finds weights by their path and offers the places where methods attach.
 *
 * <p>Paths are Hugging Face's, so that files and target patterns match.
 */
public final class Module {

    private final StageRecorder stage;
    private final String path;
    private final boolean head;

    Module(StageRecorder stage, String path) {
        this(stage, path, false);
    }

    private Module(StageRecorder stage, String path, boolean head) {
        this.stage = stage;
        this.path = path;
        this.head = head;
    }

    /** Returns Hugging Face's module path. */
    public String path() {
        return path;
    }

    /** Returns what the network is recorded for. */
    public RecordingOptions options() {
        return stage.network().options();
    }

    /** Returns a part of this part; an empty name is this part itself. */
    public Module child(String name) {
        return new Module(stage, join(name), head);
    }

    /** Returns this part as one of the task's head. */
    public Module head() {
        return new Module(stage, path, true);
    }

    /** Returns a weight: the frozen one, or what an adapter puts in its place. */
    public Tensor weight(String name, long... shape) {
        String full = join(name);
        return adaptation().weight(new WeightSite(stage, full, 0), stage.weight(full, shape));
    }

    /** Returns x·Wᵀ + b with {@code out} features, through whatever is attached: [..., in] gives [..., out]. */
    public Tensor linear(String name, Tensor x, long out) {
        return linear(name, x, out, true);
    }

    /** Returns x·Wᵀ with {@code out} features, through whatever is attached: [..., in] gives [..., out]. */
    public Tensor linearWithoutBias(String name, Tensor x, long out) {
        return linear(name, x, out, false);
    }

    private Tensor linear(String name, Tensor x, long out, boolean biased) {
        Module layer = child(name);
        long in = x.dim(-1).constant();
        stage.network().declarePoint(new AttachmentPoint(AttachmentPoint.Kind.LINEAR, layer.path, in, out, head));
        Tensor weight = stage.weight(layer.join("weight"), out, in);
        @Nullable Tensor bias = biased ? stage.weight(layer.join("bias"), out) : null;
        return adaptation().projection(new LinearSite(stage, layer.path, 0, weight, bias), x);
    }

    /** Returns rows of a table: ids [...] give [..., width]. */
    public Tensor embedding(String name, Tensor ids, long rows, long width) {
        Module table = child(name);
        stage.network()
                .declarePoint(new AttachmentPoint(AttachmentPoint.Kind.EMBEDDING, table.path, rows, width, head));
        Tensor weight = table.weight("weight", rows, width);
        Tensor frozen = stage.weight(table.join("weight"), rows, width);
        // Rows are widened, not the whole table.
        Tensor found = weight == frozen
                ? stage.stored(table.join("weight"), rows, width).embedding(ids).cast(stage.dtype())
                : weight.embedding(ids);
        return adaptation().embedding(new TableSite(stage, table.path, 0, weight), ids, found);
    }

    /** Returns the layer norm of x with the scale and shift of this path. */
    public Tensor layerNorm(String name, Tensor x, double epsilon) {
        Module norm = child(name);
        long width = x.dim(-1).constant();
        stage.network().declarePoint(new AttachmentPoint(AttachmentPoint.Kind.OTHER, norm.path, width, width, head));
        return x.layerNorm(norm.weight("weight", width), norm.weight("bias", width), epsilon);
    }

    /** Returns the root mean square norm of x with the scale of this path. */
    public Tensor rmsNorm(String name, Tensor x, double epsilon) {
        Module norm = child(name);
        long width = x.dim(-1).constant();
        stage.network().declarePoint(new AttachmentPoint(AttachmentPoint.Kind.OTHER, norm.path, width, width, head));
        return x.rmsNorm(norm.weight("weight", width), epsilon);
    }

    /**
     * Returns the residual stream after a sub-layer, through whatever is attached.
     *
     * @param x the stream before the sub-layer [B, T, D]
     * @param f the sub-layer's output [B, T, D]
     * @param norm the norm after the sum, or null
     */
    public Tensor sublayer(
            SublayerSite.Kind kind, int layer, Tensor x, Tensor f, @Nullable UnaryOperator<Tensor> norm) {
        long width = x.dim(-1).constant();
        stage.network().declarePoint(new AttachmentPoint(AttachmentPoint.Kind.SUBLAYER, path, width, width, head));
        return adaptation().sublayer(new SublayerSite(stage, path, 0, kind, layer, norm), x, f);
    }

    /** Returns the embeddings of the words [B, T, D] through whatever is attached: [B, K + T, D] with K learned rows. */
    public Tensor embeddings(Tensor words) {
        long width = words.dim(-1).constant();
        stage.network()
                .declarePoint(new AttachmentPoint(AttachmentPoint.Kind.INPUT_EMBEDDINGS, path, width, width, head));
        return embeddings(EmbeddingSite.Place.WORDS, words);
    }

    /** Returns what the first layer gets [B, T, D] through whatever is attached: [B, K + T, D] with K learned rows. */
    public Tensor hidden(Tensor embedded) {
        return embeddings(EmbeddingSite.Place.HIDDEN, embedded);
    }

    private Tensor embeddings(EmbeddingSite.Place place, Tensor embedded) {
        EmbeddingSite site =
                new EmbeddingSite(stage, path, 0, place, embedded.dim(-1).constant());
        Tensor text = adaptation().embeddings(site, embedded);
        @Nullable Tensor learned = adaptation().prompt(site);
        boolean kept = options().decoding() == Decoding.NEXT; // What is learned has been computed then.
        return learned == null || kept ? text : virtualTokens().join(VirtualTokens.forEach(text.dim(0), learned), text);
    }

    /** Returns the learned tokens that texts are recorded with. */
    public VirtualTokens virtualTokens() {
        return adaptation().virtualTokens();
    }

    /** Returns what goes into the first layer [B, T, D] through whatever is attached after all of the embeddings. */
    public Tensor layersInput(Tensor hidden) {
        return adaptation()
                .layersInput(
                        new EmbeddingSite(
                                stage,
                                path,
                                0,
                                EmbeddingSite.Place.HIDDEN,
                                hidden.dim(-1).constant()),
                        hidden);
    }

    /**
     * Returns the keys and values that are attached before those of an attention, or null for none.
     *
     * @param layer the number of the layer
     * @param input what queries are computed from [B, T, D]
     */
    public @Nullable List<Tensor> prefix(AttentionSite.Kind kind, int layer, Tensor input, long heads, long headWidth) {
        AttachmentPoint.Kind place =
                switch (kind) {
                    case SELF -> AttachmentPoint.Kind.KEYS_AND_VALUES;
                    case SOURCE -> AttachmentPoint.Kind.SOURCE_KEYS_AND_VALUES;
                    case CROSS -> AttachmentPoint.Kind.CROSS_KEYS_AND_VALUES;
                };
        stage.network().declarePoint(new AttachmentPoint(place, path, heads, heads * headWidth, head));
        return adaptation().prefix(new AttentionSite(stage, path, 0, kind, layer, input, heads, headWidth));
    }

    /**
     * Returns what attention makes of a text, through what is attached.
     *
     * @param layer the number of the layer
     * @param y what it makes of the text alone [B, T, H·Hd]
     * @param width the features D that keys and values are computed from
     * @param attendTo what the queries make of learned rows [P, D] alone, as y
     */
    public Tensor attended(int layer, Tensor y, long width, UnaryOperator<Tensor> attendTo) {
        long out = y.dim(-1).constant();
        stage.network().declarePoint(new AttachmentPoint(AttachmentPoint.Kind.ATTENTION, path, width, out, head));
        return adaptation().attended(new AttendedSite(stage, path, 0, layer, width, attendTo), y);
    }

    /** Returns room for rows that stay for later calls of generation; with the dimension C for so many as it takes. */
    public Tensor buffer(String name, TensorType type) {
        return stage.network().buffer(stage, join(name), type);
    }

    /** Returns the merged weight, and bias if there is one, of the linear layer that this part is, as it is stored. */
    List<Tensor> mergedLinear(long in, long out, boolean biased) {
        Tensor weight = weight("weight", out, in);
        @Nullable Tensor bias = biased ? weight("bias", out) : null;
        LinearWeights merged =
                adaptation().merged(new LinearSite(stage, path, 0, weight, bias), new LinearWeights(weight, bias));
        Tensor storedWeight = asStored("weight", merged.weight());
        return merged.bias() == null ? List.of(storedWeight) : List.of(storedWeight, asStored("bias", merged.bias()));
    }

    /** Returns the merged rows of the table that this part is, as they are stored. */
    Tensor mergedTable(long rows, long width) {
        Tensor weight = weight("weight", rows, width);
        return asStored("weight", adaptation().merged(new TableSite(stage, path, 0, weight), weight));
    }

    /** Returns what an adapter puts in the place of a weight, as it is stored. */
    Tensor merged(String name, long... shape) {
        return asStored(name, weight(name, shape));
    }

    private Tensor asStored(String name, Tensor merged) {
        return merged.cast(stage.network().dtype(join(name)));
    }

    private Adaptation adaptation() {
        return options().adaptation();
    }

    private String join(String name) {
        return path.isEmpty() ? name : name.isEmpty() ? path : path + "." + name;
    }
}
