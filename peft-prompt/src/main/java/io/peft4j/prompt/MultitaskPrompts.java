package io.peft4j.prompt;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.adapter.Adapter;
import io.peft4j.model.BaseModel;
import io.peft4j.model.VirtualTokens.Placement;
import io.peft4j.program.NativeTensors;

/** What is done with prompts that several tasks share, once they are trained. */
public final class MultitaskPrompts {

    private MultitaskPrompts() {}

    /**
     * Returns the prompt of one task, E∘(C_t·R_t), as an adapter of prompt tuning, which serves, generates and is saved as
     * any other. The caller closes it.
     *
     * @param task counted from 0
     * @throws IllegalArgumentException if the adapter is none of several tasks, or has no such task
     */
    public static Adapter ofTask(Adapter adapter, BaseModel base, int task) {
        if (!(adapter.config() instanceof MultitaskPromptConfig config)) {
            throw new IllegalArgumentException("%s is no prompt of several tasks but %s"
                    .formatted(adapter, adapter.config().peftType()));
        }
        if (task < 0 || task >= config.tasks()) {
            throw new IllegalArgumentException(
                    "%s has the tasks 0 to %d: %d".formatted(adapter, config.tasks() - 1, task));
        }
        PromptTuningConfig single = new PromptTuningConfig(
                config.virtualTokens(),
                new PromptInit.Stored(new PromptInit.Normal()),
                Placement.FIRST,
                new Reparameterization.None(),
                config.modulesToSave());
        Adapter prompt = adapter.trainedModules().isEmpty()
                ? Adapter.createWithoutHead(base, adapter.name(), single, 0)
                : Adapter.create(base, adapter.name(), single, 0);
        try (NDManager scratch = base.newManager()) {
            for (String name : prompt.trainable().names()) {
                if (!name.equals(PromptFields.ROWS)) {
                    NativeTensors.copy(prompt.parameter(name), adapter.parameter(name));
                }
            }
            float[] rows = rows(adapter, config, task);
            NativeTensors.copy(
                    prompt.parameter(PromptFields.ROWS),
                    scratch.create(rows, new Shape(config.virtualTokens(), rows.length / config.virtualTokens())));
            return prompt;
        } catch (RuntimeException e) {
            prompt.close();
            throw e;
        }
    }

    private static float[] rows(Adapter adapter, MultitaskPromptConfig config, int task) {
        float[] shared = NativeTensors.toFloats(adapter.parameter(PromptFields.ROWS));
        float[] columns = NativeTensors.toFloats(adapter.parameter(MultitaskPrompt.COLUMNS));
        float[] rows = NativeTensors.toFloats(adapter.parameter(MultitaskPrompt.ROWS));
        int r = config.rank();
        int width = shared.length / config.virtualTokens();
        float[] prompt = new float[shared.length];
        for (int i = 0; i < prompt.length; i++) {
            double factor = 0;
            for (int k = 0; k < r; k++) {
                factor += (double) columns[(task * config.virtualTokens() + i / width) * r + k]
                        * rows[(task * r + k) * width + i % width];
            }
            prompt[i] = (float) (shared[i] * factor);
        }
        return prompt;
    }
}
