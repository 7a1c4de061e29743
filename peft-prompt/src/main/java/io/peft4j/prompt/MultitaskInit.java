package io.peft4j.prompt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.TensorFile;
import io.peft4j.model.Initializer;
import io.peft4j.program.NativeTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** How a prompt of several tasks starts. */
public sealed interface MultitaskInit {

    /** Returns the initialiser of the shared prompt; {@code words} is the base model's table of words. */
    Initializer shared(String words);

    /** Returns the initialiser of the factors of all tasks with a name. */
    default Initializer factors(String name) {
        return Initializer.normal(0.02);
    }

    /**
     * The shared prompt as one of a single task starts, the factors from N(0, 0.02²).
     *
     * @param prompt how the shared prompt starts
     */
    record Fresh(PromptInit prompt) implements MultitaskInit {
        @Override
        public Initializer shared(String words) {
            return prompt.initializer(words);
        }
    }

    /** What is taken of the prompt of other tasks. */
    enum Part {
        /** The shared prompt and the mean of all factors, for one new task. */
        AVERAGE_SOURCE_TASKS,
        /** The shared prompt and the factors of one task, for one new task. */
        EXACT_SOURCE_TASK,
        /** The shared prompt alone. */
        ONLY_SOURCE_SHARED
    }

    /**
     * From the prompt of other tasks.
     *
     * @param part what is taken of it
     * @param file its file of tensors
     * @param task whose factors are taken, if those of one are
     */
    record Source(Part part, Path file, int task) implements MultitaskInit {

        @Override
        public Initializer shared(String words) {
            return (target, random, base) -> copy(PromptFields.ROWS, target);
        }

        @Override
        public Initializer factors(String name) {
            return part == Part.ONLY_SOURCE_SHARED
                    ? MultitaskInit.super.factors(name)
                    : (target, random, base) -> copy(name, target);
        }

        private void copy(String name, NDArray target) {
            try (NDManager scratch = target.getManager().newSubManager()) {
                NDArray stored = TensorFile.open(file).tensor(scratch, name);
                NDArray value = name.equals(PromptFields.ROWS) ? stored : ofOneTask(name, stored);
                if (!value.getShape().equals(target.getShape())) {
                    throw new IllegalArgumentException("%s of %s must be %s for this prompt: %s"
                            .formatted(name, file, target.getShape(), value.getShape()));
                }
                NativeTensors.copy(target, value);
            } catch (IOException e) {
                throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
            }
        }

        private NDArray ofOneTask(String name, NDArray all) {
            if (part == Part.AVERAGE_SOURCE_TASKS) {
                return all.mean(new int[] {0}, true);
            }
            long tasks = all.getShape().get(0);
            if (task < 0 || task >= tasks) {
                throw new IllegalArgumentException(
                        "%s of %s has the tasks 0 to %d: %d".formatted(name, file, tasks - 1, task));
            }
            return all.get("{}:{}", task, task + 1);
        }
    }

    /**
     * From a file: what all once started from says nothing any more.
     *
     * @param original how they started
     */
    record Stored(MultitaskInit original) implements MultitaskInit {
        @Override
        public Initializer shared(String words) {
            return Initializer.zeros();
        }

        @Override
        public Initializer factors(String name) {
            return Initializer.zeros();
        }
    }
}
