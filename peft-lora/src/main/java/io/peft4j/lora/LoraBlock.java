package io.peft4j.lora;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.peft4j.model.NoMatchingModuleException;
import io.peft4j.model.TargetModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Any network of DJL with LoRA on some of its layers, itself a block that DJL's {@code Trainer} trains.
 *
 * <pre>
 * W′ = W + s·B·A      A: [r, in], B: [out, r], in = channels·kernel for a convolution
 * </pre>
 *
 * <p>The network is not touched: while it runs, it is handed W′ where it asks for W. The parameters of this block are the
 * factors alone, so that is what trains and what {@code saveParameters} writes. The network runs as at inference, without
 * dropout and with the statistics that its norms have learned. Its layers are adapted wherever they are: {@code Linear},
 * {@code Conv1d} to {@code Conv3d} and embeddings, told by {@link #layers}.
 *
 * <p>The network must be initialised; it stays the caller's, and must stay open.
 */
public final class LoraBlock extends AbstractBlock {

    private static final byte VERSION = 1;

    private final Block network;
    private final LoraConfig config;
    private final Map<String, BlockLayer> adapted = new LinkedHashMap<>();

    private LoraBlock(Block network, List<BlockLayer> layers, LoraConfig config) {
        super(VERSION);
        this.network = network;
        this.config = config;
        for (BlockLayer layer : layers) {
            int rank = config.patterns().rank(layer.path(), config.rank());
            double alpha = config.patterns().alpha(layer.path(), config.alpha());
            layer.factors(rank, config.scaling().of(alpha, rank)).forEach(this::addParameter);
            adapted.put(layer.weight().getId(), layer);
        }
    }

    /** Returns the paths of the layers of a network that can be adapted, as DJL names its children. */
    public static List<String> layers(Block network) {
        return BlockLayer.of(network).stream().map(BlockLayer::path).toList();
    }

    /**
     * Adapts some layers of a network.
     *
     * @param config of its targets a list matches ends of paths, an expression whole ones, and all linears are all layers
     *     but the embeddings
     * @throws IllegalArgumentException listing everything that does not fit
     */
    public static LoraBlock of(Block network, LoraConfig config) {
        if (!network.isInitialized()) {
            throw new IllegalArgumentException("the network has no weights yet: initialise or load it first");
        }
        List<BlockLayer> all = BlockLayer.of(network);
        List<BlockLayer> chosen = all.stream()
                .filter(layer -> matches(config.targetModules(), layer))
                .toList();
        List<String> paths = chosen.stream().map(BlockLayer::path).toList();
        List<String> problems = new ArrayList<>();
        for (String target : unmatched(config.targetModules(), paths)) {
            problems.add("no layer matches %s; there are %s".formatted(target, layers(network)));
        }
        for (BlockLayer layer : chosen) {
            int rank = config.patterns().rank(layer.path(), config.rank());
            if (rank > Math.min(layer.in(), layer.out())) {
                problems.add("rank %d exceeds min(in, out) = %d at %s"
                        .formatted(rank, Math.min(layer.in(), layer.out()), layer.path()));
            }
        }
        for (String key : config.patterns().unmatched(paths)) {
            String nearest = NoMatchingModuleException.nearest(key, paths);
            problems.add("pattern %s matches no adapted layer%s"
                    .formatted(key, nearest.isEmpty() ? "" : "; did you mean %s?".formatted(nearest)));
        }
        if (config.init() != LoraInit.KAIMING
                || config.dropout() > 0
                || !config.also().equals(new AlsoTrained(LoraBias.NONE, TrainedTokens.NONE, List.of()))) {
            problems.add("blocks have A uniform and B zero, no dropout, and nothing trains but the factors: " + config);
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        LoraWarnings.ofLayers(chosen);
        return new LoraBlock(network, chosen, config);
    }

    /**
     * Adapts a network as a folder says that {@link #save} wrote.
     *
     * @throws IllegalArgumentException listing every tensor that is missing, unexpected or of another shape
     */
    public static LoraBlock load(Block network, Path folder) throws IOException {
        LoraBlock block = of(network, LoraBlockFile.config(folder));
        LoraBlockFile.read(folder, block.adapted.values());
        return block;
    }

    /** Writes the settings and factors in the files, names and shapes of Hugging Face PEFT. */
    public void save(Path folder) throws IOException {
        checkInitialised();
        LoraBlockFile.write(folder, config, adapted.values());
    }

    /**
     * Writes W + s·B·A into the weights of a network like the adapted one, which may be a copy of it or that network itself;
     * in the latter case this block must not be used any more, since it would add the update once more.
     *
     * @throws IllegalArgumentException listing the adapted layers that the network has not, or has in another shape
     */
    public void mergeInto(Block other) {
        checkInitialised();
        Map<String, BlockLayer> targets = new LinkedHashMap<>();
        BlockLayer.of(other).forEach(layer -> targets.put(layer.path(), layer));
        List<String> problems = new ArrayList<>();
        for (BlockLayer layer : adapted.values()) {
            BlockLayer target = targets.get(layer.path());
            Shape shape = layer.weight().getArray().getShape();
            if (target == null) {
                problems.add("missing " + layer.path());
            } else if (!target.weight().getArray().getShape().equals(shape)) {
                problems.add("%s must be %s: %s"
                        .formatted(
                                layer.path(), shape, target.weight().getArray().getShape()));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("the network is another one: " + String.join("; ", problems));
        }
        for (BlockLayer layer : adapted.values()) {
            NDArray weight = layer.weight().getArray();
            try (NDManager scratch = weight.getManager().newSubManager()) {
                BlockLayer target = Objects.requireNonNull(targets.get(layer.path()));
                layer.merged(scratch).copyTo(target.weight().getArray());
            }
        }
    }

    private void checkInitialised() {
        if (!adapted.values().iterator().next().factor(true).isInitialized()) {
            throw new IllegalStateException("the factors have no values yet: initialise the block or load it");
        }
    }

    /** Returns the entries of a list, or the whole target, that no chosen layer answers to. */
    private static List<String> unmatched(TargetModules targets, List<String> chosen) {
        if (targets.suffixes().isEmpty()) {
            return chosen.isEmpty() ? List.of(targets.toString()) : List.of();
        }
        return targets.suffixes().stream()
                .filter(suffix -> chosen.stream().noneMatch(path -> TargetModules.endsWith(path, suffix)))
                .toList();
    }

    private static boolean matches(TargetModules targets, BlockLayer layer) {
        if (targets.exclude().stream().anyMatch(entry -> TargetModules.endsWith(layer.path(), entry))) {
            return false;
        }
        if (targets.isAllLinear()) {
            return layer.kind() != BlockLayer.Kind.EMBEDDING;
        }
        return targets.regex().isEmpty()
                ? targets.suffixes().stream().anyMatch(suffix -> TargetModules.endsWith(layer.path(), suffix))
                : layer.path().matches(targets.regex());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, @Nullable PairList<String, Object> arguments) {
        NDManager owner = inputs.head().getManager();
        return network.forward(new EffectiveWeights(owner, store, adapted), inputs, false, arguments);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return network.getOutputShapes(inputShapes);
    }

    /** Hands out W + s·B·A in the place of W, and everything else as a constant. */
    private static final class EffectiveWeights extends ParameterStore {
        private final NDManager owner;
        private final ParameterStore factors;
        private final Map<String, BlockLayer> adapted;

        EffectiveWeights(NDManager owner, ParameterStore factors, Map<String, BlockLayer> adapted) {
            super(owner, false);
            this.owner = owner;
            this.factors = factors;
            this.adapted = adapted;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            NDArray constant = parameter.getArray().stopGradient();
            constant.attach(owner);
            NDArray weight = constant.toDevice(device, false);
            BlockLayer layer = adapted.get(parameter.getId());
            return layer == null ? weight : layer.effective(weight, factors, owner);
        }
    }
}
