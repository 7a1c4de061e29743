package io.peft4j.models.text;

import static io.peft4j.models.text.TestTokenizers.BYTE_LEVEL;
import static io.peft4j.models.text.TestTokenizers.MINI_LM;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What holds for every text, half characters and control characters included. */
final class TokenizerPropertyTest {

    @Property(tries = 200)
    void encode_anyText_keepsLengthAndSpecialTokens(
            @ForAll String text, @ForAll @IntRange(min = 2, max = 30) int maxLength) {
        Encoding whole = MINI_LM.encode(text);
        Encoding cut = MINI_LM.encode(text, maxLength);

        assertThat(cut.length()).isEqualTo(Math.min(maxLength, whole.length()));
        assertThat(cut.truncated()).isEqualTo(whole.length() > maxLength);
        assertThat(cut.id(0)).isEqualTo(101);
        assertThat(cut.id(cut.length() - 1)).isEqualTo(102);
        assertThat(cut.ids())
                .startsWith(IntStream.of(whole.ids()).limit(cut.length() - 1L).toArray());
    }

    @Property(tries = 200)
    void encode_anyText_spansLieWithinIt(@ForAll String text) {
        for (Tokenizer tokenizer : List.of(MINI_LM, BYTE_LEVEL)) {
            Encoding encoding = tokenizer.encode(text);
            int start = 0;
            for (int i = 0; i < encoding.length(); i++) {
                Span span = encoding.span(i);
                assertThat(span.start()).isBetween(0, span.end());
                assertThat(span.end()).isLessThanOrEqualTo(text.length());
                if (!encoding.isSpecial(i)) {
                    assertThat(span.start()).isGreaterThanOrEqualTo(start);
                    start = span.start();
                }
            }
        }
    }

    @Property(tries = 200)
    void decode_byteLevel_givesTheTextBack(@ForAll String text) {
        String wellFormed = text.replaceAll("\\p{Cs}", "\uFFFD");

        assertThat(BYTE_LEVEL.decode(BYTE_LEVEL.encode(text).ids(), true)).isEqualTo(wellFormed);
    }

    @Property(tries = 100)
    void encodeWords_anyWords_numbersThemInOrder(@ForAll List<String> words) {
        Encoding encoding = BYTE_LEVEL.encodeWords(words, Integer.MAX_VALUE);
        int[] numbers = IntStream.range(0, encoding.length())
                .filter(i -> !encoding.isSpecial(i))
                .map(encoding::word)
                .toArray();

        assertThat(numbers).isSorted();
        assertThat(IntStream.of(numbers).distinct().count()).isEqualTo(words.size());
    }

    @Property(tries = 100)
    void encode_anyPair_dividesTheRoomFairly(
            @ForAll String text, @ForAll String textB, @ForAll @IntRange(min = 3, max = 40) int maxLength) {
        Encoding whole = MINI_LM.encode(text, textB, Integer.MAX_VALUE);
        Encoding cut = MINI_LM.encode(text, textB, maxLength);
        int half = (maxLength - 3) / 2;

        assertThat(cut.length()).isEqualTo(Math.min(maxLength, whole.length()));
        for (int sequence = 0; sequence < 2; sequence++) {
            assertThat(count(cut, sequence)).isGreaterThanOrEqualTo(Math.min(half, count(whole, sequence)));
        }
    }

    private static int count(Encoding encoding, int sequence) {
        return (int) IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequence(i) == sequence)
                .count();
    }
}
