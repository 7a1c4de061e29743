package io.peft4j.models.text;

import java.util.List;
import java.util.Locale;

/** A token with a part to play, whatever its spelling in a vocabulary. */
public enum SpecialToken {
    BOS("<s>", "<|endoftext|>"),
    EOS("</s>", "<|endoftext|>"),
    UNK("[UNK]", "<unk>"),
    SEP("[SEP]", "</s>"),
    PAD("[PAD]", "<pad>"),
    CLS("[CLS]", "<s>"),
    MASK("[MASK]", "<mask>");

    private final List<String> usualSpellings;

    SpecialToken(String... usualSpellings) {
        this.usualSpellings = List.of(usualSpellings);
    }

    /** Returns its key in {@code tokenizer_config.json}. */
    String key() {
        return name().toLowerCase(Locale.ROOT) + "_token";
    }

    /** Returns how the models of the time before {@code tokenizer_config.json} spell it. */
    List<String> usualSpellings() {
        return usualSpellings;
    }
}
