package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.TargetModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA on networks that this library did not write. */
class LoraBlockTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        Engine.getEngine("PyTorch").setRandomSeed(3);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void train_sequenceOfLinears_learnsAndLeavesTheNetworkAsItIs() {
        Block network = linears();
        trains(
                network,
                LoraConfig.builder("01Linear", "03Linear").rank(3).alpha(6).build(),
                new Shape(32, 6),
                2 * 3 * 22);
    }

    @Test
    void train_convolutions_learnsAndLeavesTheNetworkAsItIs() {
        Block network = convolutions();
        long kernels = 3 * (2 * 9 + 8) + 3 * (8 + 6) + 3 * (6 * 16 + 4);
        trains(
                network,
                LoraConfig.builder(TargetModules.allLinear()).rank(3).alpha(6).build(),
                new Shape(16, 2, 4, 4),
                kernels);
    }

    @Test
    void forward_freshFactors_changesNothing() {
        Block network = convolutions();
        NDArray x = manager.randomNormal(new Shape(4, 2, 4, 4));
        LoraBlock lora =
                LoraBlock.of(network, LoraConfig.builder("01Conv2d").rank(3).build());
        lora.initialize(manager, DataType.FLOAT32, x.getShape());
        assertThat(run(lora, x)).containsExactly(run(network, x), within(1e-6f));
    }

    @Test
    void forward_linear_isTheFormula() {
        Block network = Linear.builder().setUnits(5).build();
        network.initialize(manager, DataType.FLOAT32, new Shape(1, 4));
        LoraBlock lora = LoraBlock.of(
                network,
                LoraConfig.builder(TargetModules.allLinear()).rank(2).alpha(6).build());
        lora.initialize(manager, DataType.FLOAT32, new Shape(1, 4));
        NDArray a = lora.getParameters().get("lora_A").getArray();
        NDArray b = lora.getParameters().get("lora_B").getArray();
        b.addi(0.5);
        NDArray x = manager.randomNormal(new Shape(3, 4));
        float[] expected = manager.create(run(network, x), new Shape(3, 5))
                .add(x.matMul(a.transpose()).matMul(b.transpose()).mul(3))
                .toFloatArray();
        assertThat(run(lora, x)).containsExactly(expected, within(1e-5f));
    }

    @Test
    void of_whatDoesNotFit_saysEverything() {
        Block network = linears();
        assertThat(LoraBlock.layers(network)).containsExactly("01Linear", "03Linear");
        assertThatThrownBy(() -> LoraBlock.of(
                        network,
                        LoraConfig.builder("01Linear")
                                .rank(7)
                                .dropout(0.1)
                                .patterns(Map.of("02Linear", 2), Map.of())
                                .build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 7 exceeds min(in, out) = 6 at 01Linear")
                .hasMessageContaining("pattern 02Linear matches no adapted layer; did you mean 01Linear?")
                .hasMessageContaining("no dropout");
        assertThatThrownBy(
                        () -> LoraBlock.of(network, LoraConfig.builder("Dense").build()))
                .hasMessageContaining("no layer matches Dense; there are [01Linear, 03Linear]");
        Block empty = Linear.builder().setUnits(5).build();
        assertThatThrownBy(
                        () -> LoraBlock.of(empty, LoraConfig.builder("Linear").build()))
                .hasMessageContaining("initialise or load it first");
    }

    /** Kernels and linears: what was saved computes the same when it is read, and when it is merged into a copy. */
    @Test
    void saveAndMerge_noisyFactors_computeTheSame(@TempDir Path folder) throws IOException {
        Block network = convolutions();
        NDArray x = manager.randomNormal(new Shape(4, 2, 4, 4));
        LoraBlock lora = LoraBlock.of(
                network,
                LoraConfig.builder(TargetModules.allLinear()).rank(3).alpha(6).build());
        assertThatThrownBy(() -> lora.save(folder)).hasMessageContaining("initialise the block or load it");
        lora.initialize(manager, DataType.FLOAT32, x.getShape());
        lora.getParameters().forEach(entry -> entry.getValue()
                .getArray()
                .addi(manager.randomNormal(entry.getValue().getArray().getShape())
                        .mul(0.2)));
        float[] adapted = run(lora, x);
        Map<String, float[]> before = values(network);
        assertThat(distance(adapted, run(network, x))).isGreaterThan(0.1);

        lora.save(folder);
        SafeTensorsFile file = SafeTensorsFile.open(folder.resolve("adapter_model.safetensors"));
        assertThat(file.info("base_model.model.01Conv2d.lora_A.weight").shape()).containsExactly(3L, 2L, 3L, 3L);
        assertThat(file.info("base_model.model.01Conv2d.lora_B.weight").shape()).containsExactly(8L, 3L, 1L, 1L);
        assertThat(run(LoraBlock.load(network, folder), x)).containsExactly(adapted);

        Block copy = convolutions();
        copy(network, copy);
        lora.mergeInto(copy);
        assertThat(run(copy, x)).containsExactly(adapted, within(1e-5f));
        values(network).forEach((name, after) -> assertThat(after).as(name).containsExactly(before.get(name)));
        assertThatThrownBy(() -> lora.mergeInto(linears()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing 01Conv2d")
                .hasMessageContaining("missing 04Conv2d");
        assertThatThrownBy(() -> LoraBlock.load(linears(), folder)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void copy(Block from, Block to) {
        for (int i = 0; i < from.getParameters().size(); i++) {
            from.getParameters()
                    .valueAt(i)
                    .getArray()
                    .copyTo(to.getParameters().valueAt(i).getArray());
        }
    }

    private static double distance(float[] a, float[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    private Block linears() {
        SequentialBlock network = new SequentialBlock()
                .add(Linear.builder().setUnits(16).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(6).build());
        network.initialize(manager, DataType.FLOAT32, new Shape(1, 6));
        return network;
    }

    private Block convolutions() {
        SequentialBlock network = new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(3, 3))
                        .optPadding(new Shape(1, 1))
                        .setFilters(8)
                        .build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(1, 1))
                        .setFilters(6)
                        .build())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(4).build());
        network.initialize(manager, DataType.FLOAT32, new Shape(1, 2, 4, 4));
        return network;
    }

    private void trains(Block network, LoraConfig config, Shape inputs, long parameters) {
        Map<String, float[]> before = values(network);
        NDArray x = manager.randomNormal(inputs);
        int rows = Math.toIntExact(inputs.get(0));
        NDArray labels = manager.arange(rows).mod(4).toType(DataType.INT64, false);
        LoraBlock lora = LoraBlock.of(network, config);
        try (Model model = Model.newInstance("test", Device.cpu(), "PyTorch")) {
            model.setBlock(lora);
            DefaultTrainingConfig training = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optDevices(new Device[] {Device.cpu()})
                    .optOptimizer(Optimizer.adam()
                            .optLearningRateTracker(Tracker.fixed(0.02f))
                            .build());
            try (Trainer trainer = model.newTrainer(training)) {
                trainer.initialize(inputs);
                assertThat(size(lora)).isEqualTo(parameters);
                double first = 0;
                double last = 0;
                for (int step = 0; step < 60; step++) {
                    try (NDManager batch = manager.newSubManager()) {
                        NDArray data = x.duplicate();
                        data.attach(batch);
                        try (GradientCollector collector = trainer.newGradientCollector()) {
                            NDArray loss =
                                    trainer.getLoss().evaluate(new NDList(labels), trainer.forward(new NDList(data)));
                            collector.backward(loss);
                            last = loss.getFloat();
                        }
                        trainer.step();
                        first = step == 0 ? last : first;
                    }
                }
                assertThat(last).isLessThan(0.6 * first);
            }
        }
        values(network).forEach((name, after) -> assertThat(after).as(name).containsExactly(before.get(name)));
    }

    private static long size(Block block) {
        return block.getParameters().values().stream()
                .mapToLong(parameter -> parameter.getArray().size())
                .sum();
    }

    private static Map<String, float[]> values(Block block) {
        Map<String, float[]> values = new LinkedHashMap<>();
        block.getParameters()
                .forEach(entry ->
                        values.put(entry.getKey(), entry.getValue().getArray().toFloatArray()));
        return values;
    }

    private float[] run(Block block, NDArray x) {
        return block.forward(new ParameterStore(manager, false), new NDList(x), false)
                .head()
                .toFloatArray();
    }
}
