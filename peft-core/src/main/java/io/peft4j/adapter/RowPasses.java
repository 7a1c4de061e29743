package io.peft4j.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.model.Adaptation;
import io.peft4j.model.BaseModel;
import io.peft4j.program.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The forward passes of a batch whose rows use different adapters.
 *
 * <p>Rows of the same composition form a group. Groups that change linears and sub-layers alone lie below each other in
 * one pass; any other group has a pass of its own, since what it changes is one thing for a whole batch. Rows that
 * several results need, as those of {@code parallel}, are computed for each.
 */
final class RowPasses {

    private static final Set<Place> SHARED =
            EnumSet.of(Place.LINEAR, Place.WEIGHT_OF_LINEAR, Place.EMBEDDING, Place.SUBLAYER);

    /** A row of a result. */
    private record Cell(int lane, int row) {}

    /** Cells that the same composition computes. */
    private record Group(Composition composition, List<Cell> cells) {}

    private final BaseModel base;
    private final List<List<Composition>> lanes;
    private final List<List<Group>> passes = new ArrayList<>();

    RowPasses(BaseModel base, List<List<Composition>> lanes) {
        this.base = base;
        this.lanes = lanes;
        Map<Composition, Group> groups = new LinkedHashMap<>();
        for (int lane = 0; lane < lanes.size(); lane++) {
            for (int row = 0; row < lanes.get(lane).size(); row++) {
                groups.computeIfAbsent(lanes.get(lane).get(row), key -> new Group(key, new ArrayList<>()))
                        .cells()
                        .add(new Cell(lane, row));
            }
        }
        List<Group> shared = groups.values().stream()
                .filter(group -> SHARED.containsAll(group.composition().places()))
                .toList();
        if (!shared.isEmpty()) {
            passes.add(shared);
        }
        groups.values().stream().filter(group -> !shared.contains(group)).forEach(group -> passes.add(List.of(group)));
    }

    /** Returns the outputs of each result. */
    List<Map<String, NDArray>> run(NDManager owner, Map<String, NDArray> inputs) {
        try (NDManager scratch = owner.newSubManager()) {
            List<Cell> order = new ArrayList<>();
            Map<String, NDArray> all = new LinkedHashMap<>();
            for (List<Group> pass : passes) {
                run(pass, scratch, inputs)
                        .forEach((name, output) -> all.merge(name, output, (above, below) -> {
                            checkShapes(name, above, below);
                            return NativeTensors.concat(scratch, above, below);
                        }));
                pass.forEach(group -> order.addAll(group.cells()));
            }
            List<Map<String, NDArray>> results = new ArrayList<>();
            for (int lane = 0; lane < lanes.size(); lane++) {
                long[] positions = new long[lanes.get(lane).size()];
                for (int row = 0; row < positions.length; row++) {
                    positions[row] = order.indexOf(new Cell(lane, row));
                }
                Map<String, NDArray> result = new LinkedHashMap<>();
                all.forEach((name, output) -> result.put(name, NativeTensors.rows(owner, output, positions)));
                results.add(result);
            }
            return results;
        }
    }

    private Map<String, NDArray> run(List<Group> pass, NDManager scratch, Map<String, NDArray> inputs) {
        long rows = lanes.get(0).size();
        long[] numbers = pass.stream()
                .flatMap(group -> group.cells().stream())
                .mapToLong(Cell::row)
                .toArray();
        Map<String, NDArray> chosen = new LinkedHashMap<>();
        inputs.forEach((name, input) -> {
            boolean batched =
                    input.getShape().dimension() > 0 && input.getShape().get(0) == rows;
            chosen.put(name, batched ? NativeTensors.rows(scratch, input, numbers) : input);
        });
        List<Adapter> adapters = pass.stream()
                .flatMap(group -> group.composition().adapters().stream())
                .distinct()
                .toList();
        List<Adaptation> adaptations = pass.stream()
                .map(group -> group.composition().adaptation(adapters))
                .toList();
        int start = 0;
        for (int i = 0; i < pass.size(); i++) {
            int end = start + pass.get(i).cells().size();
            chosen.put("rows." + i, scratch.create(Arrays.copyOfRange(numbers, start, end)));
            start = end;
        }
        Adaptation adaptation = adaptations.size() == 1 ? adaptations.get(0) : new ByRow(adaptations);
        return base.forward(
                scratch, adaptation, (slot, name) -> adapters.get(slot).parameter(name), chosen);
    }

    private static void checkShapes(String name, NDArray above, NDArray below) {
        long[] a = above.getShape().getShape();
        long[] b = below.getShape().getShape();
        if (!Arrays.equals(Arrays.copyOfRange(a, 1, a.length), Arrays.copyOfRange(b, 1, b.length))) {
            throw new IllegalStateException(
                    "rows of one batch have outputs of different shapes, so they cannot be put together: %s is %s and %s"
                            .formatted(name, above.getShape(), below.getShape()));
        }
    }
}
