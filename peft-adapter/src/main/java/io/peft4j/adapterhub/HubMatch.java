package io.peft4j.adapterhub;

import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.ParameterBuffer;
import io.peft4j.bottleneck.ParameterNames;
import io.peft4j.io.TensorFile;
import io.peft4j.io.TensorInfo;
import io.peft4j.model.BaseModel;
import io.peft4j.model.NoMatchingModuleException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which tensor of AdapterHub's files belongs to which parameter of an adapter, and everything that does not fit. */
final class HubMatch {

    private static final int LISTED = 20;

    /** A parameter and where its values are. */
    record Source(String parameter, TensorFile file, String tensor) {}

    private final List<Source> sources = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * Matches.
     *
     * @param head the file of the head if the adapter has one of its own
     * @param elsewhere what the file need not have
     */
    HubMatch(
            BaseModel base,
            Adapter adapter,
            String name,
            TensorFile tensors,
            @Nullable TensorFile head,
            Collection<String> elsewhere) {
        String prefix = base.architecture().basePrefix() + ".";
        String root = ParameterNames.root(base);
        Map<String, String> unexpected = new TreeMap<>();
        for (TensorInfo info : tensors.tensors()) {
            unexpected.put(HubNames.rooted(HubNames.current(info.name()), prefix, root), info.name());
        }
        Map<String, ParameterBuffer.Slice> slices =
                new LinkedHashMap<>(adapter.trainable().slices());
        slices.putAll(adapter.frozen().slices());
        Map<String, String> wanted = new TreeMap<>();
        slices.forEach((parameter, slice) -> {
            if (HubNames.headTensor(parameter, base).isPresent()) {
                take(parameter, slice, head, parameter, parameter);
                return;
            }
            String file = HubNames.file(parameter, name);
            wanted.put(file, parameter);
            String source = unexpected.remove(file);
            if (source == null && elsewhere.contains(file)) {
                return;
            }
            for (String copy : HubNames.copies(file, base)) {
                String there = unexpected.remove(copy);
                if (there != null) {
                    slice.misfit(tensors.info(there)).ifPresent(problems::add);
                }
            }
            take(parameter, slice, source == null ? null : tensors, source == null ? file : source, file);
        });
        unexpected.forEach((current, source) -> {
            String nearest = NoMatchingModuleException.nearest(current, wanted.keySet());
            problems.add("unexpected " + source + (nearest.isEmpty() ? "" : ", nearest is " + nearest));
        });
    }

    private void take(
            String parameter, ParameterBuffer.Slice slice, @Nullable TensorFile file, String tensor, String shown) {
        boolean there = file != null
                && file.tensors().stream().anyMatch(info -> info.name().equals(tensor));
        if (file == null || !there) {
            problems.add("missing " + shown);
        } else {
            slice.misfit(file.info(tensor))
                    .ifPresentOrElse(problems::add, () -> sources.add(new Source(parameter, file, tensor)));
        }
    }

    List<Source> sources() {
        return sources;
    }

    /**
     * Checks.
     *
     * @throws IllegalArgumentException listing every tensor that is missing, unexpected or of another shape or type
     */
    void check(Path folder) {
        if (!problems.isEmpty()) {
            String rest = problems.size() > LISTED ? "; and %d more".formatted(problems.size() - LISTED) : "";
            throw new IllegalArgumentException("%s does not fit the base model: %s%s"
                    .formatted(
                            folder, String.join("; ", problems.subList(0, Math.min(LISTED, problems.size()))), rest));
        }
    }
}
