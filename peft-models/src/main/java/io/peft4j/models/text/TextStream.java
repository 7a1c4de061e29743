package io.peft4j.models.text;

import io.peft4j.generate.TokenListener;
import java.util.ArrayList;
import java.util.List;

/** Turns tokens into text as they come; a character that is not complete yet waits for its other tokens. */
final class TextStream implements TokenListener {

    private static final String INCOMPLETE = "\uFFFD";

    private final Tokenizer tokenizer;
    private final TextListener listener;
    private final List<List<Integer>> ids = new ArrayList<>();
    private final List<Integer> told = new ArrayList<>();

    /** Starts streams that continue prompts. */
    TextStream(Tokenizer tokenizer, List<int[]> prompts, TextListener listener) {
        this.tokenizer = tokenizer;
        this.listener = listener;
        for (int[] prompt : prompts) {
            List<Integer> row = new ArrayList<>();
            for (int id : prompt) {
                row.add(id);
            }
            ids.add(row);
            told.add(text(row).length());
        }
    }

    @Override
    public void onToken(int row, int id) {
        ids.get(row).add(id);
        String text = text(ids.get(row));
        if (!text.endsWith(INCOMPLETE) && text.length() > told.get(row)) {
            listener.onText(row, text.substring(told.get(row)));
            told.set(row, text.length());
        }
    }

    private String text(List<Integer> row) {
        return tokenizer.decode(row.stream().mapToInt(Integer::intValue).toArray(), true);
    }
}
