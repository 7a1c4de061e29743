package io.peft4j.bottleneck;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import java.util.ArrayList;
import java.util.List;

/** Bottleneck adapters as a service. */
public final class BottleneckMethod implements PeftMethod<BottleneckConfig> {

    @Override
    public String peftType() {
        return BottleneckConfig.TYPE;
    }

    @Override
    public Class<BottleneckConfig> configType() {
        return BottleneckConfig.class;
    }

    /** Makes a new adapter's: factors that leave a fraction are refused, as the size would be another than the one asked for. */
    @Override
    public Adaptation attach(BottleneckConfig config, BaseModel base) {
        return attach(config, base, true);
    }

    /** Makes those of files: AdapterHub cuts the fraction off. */
    @Override
    public Adaptation reattach(BottleneckConfig config, BaseModel base) {
        return attach(config, base, false);
    }

    private static Adaptation attach(BottleneckConfig config, BaseModel base, boolean isNew) {
        BottleneckSizes sizes = new BottleneckSizes(config, base, width(base));
        List<String> problems = new ArrayList<>(config.placement().leaveOut().problems(base));
        problems.addAll(sizes.problems(isNew));
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        sizes.tell();
        String root = ParameterNames.root(base);
        Bottleneck bottleneck = new Bottleneck(config.wiring(), config.shape(), config.output(), config.init(), root);
        Nice invertible = config.invertible() == 0
                ? null
                : new Nice(config.invertible(), config.shape().nonLinearity());
        return new Bottlenecks(config.placement(), bottleneck, invertible);
    }

    private static long width(BaseModel base) {
        return base.attachmentPoints().stream()
                .filter(point -> point.kind() == AttachmentPoint.Kind.SUBLAYER)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "bottlenecks attach to sub-layers, and %s has none".formatted(base.name())))
                .out();
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
