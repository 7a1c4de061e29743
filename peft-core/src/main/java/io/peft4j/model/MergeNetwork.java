package io.peft4j.model;

import io.peft4j.program.DType;
import io.peft4j.program.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Records what the weights of a base model become with adapters merged into them, computed in FLOAT32. */
final class MergeNetwork {

    private final BaseModel base;
    private final NetworkRecorder recorder;
    private final Map<String, Tensor> merged = new TreeMap<>();

    private MergeNetwork(BaseModel base, Adaptation adaptation) {
        this.base = base;
        this.recorder =
                new NetworkRecorder(RecordingOptions.inference(adaptation, DType.FLOAT32, true), base.weights());
    }

    /**
     * Returns the network whose results are the weights that change, by name.
     *
     * @throws IllegalArgumentException if the adaptation changes anything but weights
     */
    static Network of(BaseModel base, Adaptation adaptation) {
        if (!adaptation.isMergeable()) {
            throw new IllegalArgumentException(
                    "%s changes more than weights and cannot be merged".formatted(adaptation));
        }
        MergeNetwork network = new MergeNetwork(base, adaptation);
        Set<String> rest = new TreeSet<>(base.weights().names());
        for (AttachmentPoint point : base.attachmentPoints()) {
            if (point.kind() == AttachmentPoint.Kind.LINEAR) {
                network.linear(point, rest);
            } else if (point.kind() == AttachmentPoint.Kind.EMBEDDING) {
                network.table(point, rest);
            }
        }
        rest.forEach(network::weight);
        return network.changed();
    }

    /** Returns the weights that stay as they are while the ones that they are tied to change. */
    static Set<String> leftBehind(Network merging, Map<String, String> ties) {
        Set<String> names = new TreeSet<>();
        ties.forEach((name, stored) -> {
            boolean computed = merging.stages().stream().anyMatch(stage -> name.equals(stage.path() + ".weight"));
            if (merging.outputs().containsKey(stored) && !computed) {
                names.add(name);
            }
        });
        return names;
    }

    private void linear(AttachmentPoint point, Set<String> rest) {
        String bias = point.path() + ".bias";
        boolean biased = base.weights().names().contains(bias);
        List<Tensor> results =
                recorder.stages(point.path(), (module, in) -> module.mergedLinear(point.in(), point.out(), biased));
        merged.put(point.path() + ".weight", results.get(0));
        rest.remove(point.path() + ".weight");
        if (biased) {
            merged.put(bias, results.get(1));
            rest.remove(bias);
        }
    }

    private void table(AttachmentPoint point, Set<String> rest) {
        String name = point.path() + ".weight";
        merged.put(name, recorder.stage(point.path(), (module, in) -> module.mergedTable(point.in(), point.out())));
        rest.remove(name);
    }

    private void weight(String name) {
        long[] shape = base.weights().get(name).getShape().getShape();
        merged.put(name, recorder.stage("", (module, in) -> module.merged(name, shape)));
    }

    /** Returns whether a call computes for a tied weight what another one computes for the weight that it is tied to. */
    private boolean staysTied(Network.Stage stage, List<Network.Stage> stages) {
        String tiedTo = base.weights().ties().get(stage.path() + ".weight");
        return tiedTo != null
                && stages.stream()
                        .filter(other -> tiedTo.equals(other.path() + ".weight"))
                        .anyMatch(other -> stage.program().equals(other.program())
                                && stored(stage.arguments()).equals(stored(other.arguments())));
    }

    private List<Network.Argument> stored(List<Network.Argument> arguments) {
        return arguments.stream()
                .map(argument -> argument instanceof Network.Argument.Weight weight
                        ? new Network.Argument.Weight(recorder.stored(weight.name()))
                        : argument)
                .toList();
    }

    /** Leaves out the calls in which no adapter has a part. */
    private Network changed() {
        merged.forEach(recorder::output);
        Network all = recorder.network();
        List<Network.Stage> stages = all.stages().stream()
                .filter(stage -> stage.arguments().stream().anyMatch(Network.Argument.Parameter.class::isInstance))
                .toList();
        Set<Integer> computed = stages.stream()
                .filter(stage -> !staysTied(stage, stages))
                .flatMap(stage -> stage.results().stream())
                .collect(Collectors.toSet());
        Map<String, Integer> outputs = all.outputs().entrySet().stream()
                .filter(output -> computed.contains(output.getValue()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return new Network(stages, all.inputs(), outputs, all.values(), all.parameters());
    }
}
