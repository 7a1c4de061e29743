package io.peft4j.bottleneck;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bottleneck adapters as a service. */
public final class BottleneckMethod implements PeftMethod<BottleneckConfig> {

    private static final Logger logger = LoggerFactory.getLogger(BottleneckMethod.class);

    @Override
    public String peftType() {
        return BottleneckConfig.TYPE;
    }

    @Override
    public Class<BottleneckConfig> configType() {
        return BottleneckConfig.class;
    }

    @Override
    public Adaptation attach(BottleneckConfig config, BaseModel base) {
        List<AttachmentPoint> sublayers = base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.SUBLAYER)
                .toList();
        if (sublayers.isEmpty()) {
            throw new IllegalArgumentException(
                    "bottlenecks attach to sub-layers, and %s has none".formatted(base.name()));
        }
        check(config, base, sublayers.get(0).out());
        String root = ParameterNames.root(base);
        Bottleneck bottleneck = new Bottleneck(config.wiring(), config.shape(), config.output(), config.init(), root);
        Nice invertible = config.invertible() == 0
                ? null
                : new Nice(config.invertible(), config.shape().nonLinearity());
        return new Bottlenecks(config.placement(), bottleneck, invertible);
    }

    private static void check(BottleneckConfig config, BaseModel base, long width) {
        List<String> problems = new ArrayList<>(config.placement().leaveOut().problems(base));
        int layers = base.architecture().layers();
        config.shape().reduction().byLayer().keySet().stream()
                .filter(layer -> layer < 0 || layer >= layers)
                .forEach(layer -> problems.add("reduction_factor names layer %d, and the model has layers 0 to %d"
                        .formatted(layer, layers - 1)));
        for (int layer = 0; layer < layers; layer++) {
            if (!config.placement().leaveOut().contains(layer)) {
                checkLayer(config, layer, width, problems);
            }
        }
        if (config.invertible() > 0 && ReductionFactor.floorDivision(width / 2, config.invertible()) < 1) {
            problems.add("inv_adapter_reduction_factor %s leaves nothing of half the width %d"
                    .formatted(config.invertible(), width));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    String.join("; ", problems.stream().distinct().toList()));
        }
    }

    private static void checkLayer(BottleneckConfig config, int layer, long width, List<String> problems) {
        ReductionFactor reduction = config.shape().reduction();
        int size;
        try {
            size = reduction.sizeIn(layer, width);
        } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
            return;
        }
        Phm phm = config.shape().phm();
        if (phm.enabled() && (width % phm.dim() != 0 || size % phm.dim() != 0)) {
            problems.add("phm_dim %d must divide the width %d and the bottleneck size %d in layer %d"
                    .formatted(phm.dim(), width, size, layer));
        }
        if (size > width) {
            logger.warn("the bottleneck of layer {} has {} features, more than the layer's {}", layer, size, width);
        } else if (reduction.size() == 0 && width % size != 0) {
            logger.info(
                    "the reduction factor of layer {} does not divide {}: the bottleneck has {} features",
                    layer,
                    width,
                    size);
        }
    }

    @Override
    public BottleneckConfig read(ConfigFields fields) {
        return BottleneckFile.read(fields);
    }

    @Override
    public JsonObject write(BottleneckConfig config) {
        return BottleneckFile.write(config);
    }
}
