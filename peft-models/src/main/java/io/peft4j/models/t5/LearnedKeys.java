package io.peft4j.models.t5;

import io.peft4j.model.AttentionSite;
import io.peft4j.model.Decoding;
import io.peft4j.model.NetworkRecorder;
import io.peft4j.model.VirtualTokens;

/**
 * Learned keys before the decoder's own, by where they leave its tokens; token i, the i-th of its text, is at
 *
 * <pre>
 * moved keys    place P + i: they are the text's first tokens
 * others        place i, while keys are counted from the first learned one: key j of the text is at P + j
 * hiding keys   place i too, and what is at a later place is hidden, so that i + 1 keys are seen
 * </pre>
 *
 * @param count P
 * @param moving P, or 0 where the text's places stay
 * @param hiding P, or 0 where all learned keys and earlier tokens are seen
 */
record LearnedKeys(int count, int moving, int hiding) {

    static final LearnedKeys NONE = new LearnedKeys(0, 0, 0);

    /** Returns the learned keys of the selected adapters, all of one kind. */
    static LearnedKeys of(NetworkRecorder network) {
        VirtualTokens learned = network.virtualTokens();
        int counted = network.keysInDistances(AttentionSite.Kind.SELF);
        int hiding = network.options().decoding() == Decoding.OFF ? 0 : learned.unmoving();
        int moving = learned.keys() - hiding;
        int count = counted + hiding + moving;
        if (count > Math.max(counted, Math.max(hiding, moving))) {
            throw new IllegalArgumentException(
                    "%d learned keys move a text, over %d others distances are counted, and %d hide tokens of answers, and one text cannot have several kinds: select one of the adapters"
                            .formatted(moving, counted, hiding));
        }
        return new LearnedKeys(count, moving, hiding);
    }
}
