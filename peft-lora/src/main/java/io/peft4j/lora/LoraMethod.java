package io.peft4j.lora;

import com.google.gson.JsonObject;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.adapter.PeftMethod;
import io.peft4j.model.Adaptation;
import io.peft4j.model.AttachmentPoint;
import io.peft4j.model.BaseModel;
import io.peft4j.model.NoMatchingModuleException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Low-rank adaptation as a service. */
public final class LoraMethod implements PeftMethod<LoraConfig> {

    static final String TYPE = "LORA";

    @Override
    public String peftType() {
        return TYPE;
    }

    @Override
    public Class<LoraConfig> configType() {
        return LoraConfig.class;
    }

    @Override
    public Adaptation attach(LoraConfig config, BaseModel base) {
        Map<String, LoraLinear> linears = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (AttachmentPoint point : config.targetModules().resolve(base.attachmentPoints())) {
            if (point.kind() != AttachmentPoint.Kind.LINEAR) {
                problems.add("%s is no linear layer".formatted(point.path()));
                continue;
            }
            int rank = config.patterns().rank(point.path(), config.rank());
            double alpha = config.patterns().alpha(point.path(), config.alpha());
            long largest = Math.min(point.in(), point.out());
            if (rank > largest) {
                problems.add("rank %d exceeds min(in, out) = %d at %s".formatted(rank, largest, point.path()));
            }
            linears.put(
                    point.path(),
                    new LoraLinear(rank, config.scaling().of(alpha, rank), config.dropout(), config.init()));
        }
        for (String key : config.patterns().unmatched(List.copyOf(linears.keySet()))) {
            problems.add("pattern %s matches no adapted module%s"
                    .formatted(key, suggestion(NoMatchingModuleException.nearest(key, linears.keySet()))));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return new Lora(linears);
    }

    @Override
    public LoraConfig read(ConfigFields fields) {
        return LoraFile.read(fields);
    }

    @Override
    public JsonObject write(LoraConfig config) {
        return LoraFile.write(config);
    }

    private static String suggestion(String nearest) {
        return nearest.isEmpty() ? "" : "; did you mean %s?".formatted(nearest);
    }
}
