package io.peft4j.models.text;

import io.peft4j.adapter.Selection;
import io.peft4j.train.Example;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which of several tasks rows are of, for adapters that serve several. */
final class RowTasks {

    private static final int LISTED = 20;
    private static final int NONE = -1;

    /** One for each row, or none at all. */
    private final int[] numbers;

    private RowTasks(int[] numbers) {
        this.numbers = numbers;
    }

    /**
     * Reads what rows say.
     *
     * @param said what a row says, null if nothing; of no interest to adapters of a single task
     * @throws IllegalArgumentException listing the rows that are of none of the adapters' tasks
     */
    static <T> RowTasks of(Selection selection, List<T> rows, Function<T, @Nullable String> said) {
        int tasks = selection.tasks();
        if (tasks == 0) {
            return new RowTasks(new int[0]);
        }
        int[] numbers = new int[rows.size()];
        List<String> problems = new ArrayList<>();
        for (int row = 0; row < numbers.length; row++) {
            String task = said.apply(rows.get(row));
            numbers[row] = number(task, tasks);
            if (numbers[row] == NONE) {
                problems.add("%s (row %d)".formatted(task == null ? "nothing" : "'" + task + "'", row + 1));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "column or field \"task\" must be a number from 0 to %d in every row, since the adapter serves %d tasks (num_tasks); %d rows have %s"
                            .formatted(
                                    tasks - 1,
                                    tasks,
                                    problems.size(),
                                    problems.subList(0, Math.min(LISTED, problems.size()))));
        }
        return new RowTasks(numbers);
    }

    private static int number(@Nullable String task, int tasks) {
        if (task == null || !task.matches("\\d{1,9}")) {
            return NONE;
        }
        int number = Integer.parseInt(task);
        return number < tasks ? number : NONE;
    }

    /** Returns the example of a row, counted from 0, as one of its task. */
    Example mark(int row, Example example) {
        return numbers.length == 0 ? example : example.ofTask(numbers[row]);
    }
}
