package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that must be refused, and what is said of them. */
class SafeTensorsHeaderTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':1}                                                     | tensor \"a\" must be an object",
                "{'a':{'shape':[4],'data_offsets':[0,4]}}                    | tensor \"a\": dtype is missing",
                "{'a':{'dtype':'U8','data_offsets':[0,4]}}                   | tensor \"a\": shape is missing",
                "{'a':{'dtype':'U8','shape':[4]}}                            | tensor \"a\": data_offsets is missing",
                "{'a':{'dtype':8,'shape':[4],'data_offsets':[0,4]}}          | tensor \"a\": dtype must be a string",
                "{'a':{'dtype':'F8_E4M3','shape':[4],'data_offsets':[0,4]}}  | tensor \"a\": unknown tensor type F8_E4M3",
                "{'a':{'dtype':'U8','shape':[-4],'data_offsets':[0,4]}}      | tensor \"a\": shape must be an array",
                "{'a':{'dtype':'U8','shape':[4.0],'data_offsets':[0,4]}}     | tensor \"a\": shape must be an array",
                "{'a':{'dtype':'U8','shape':['4'],'data_offsets':[0,4]}}     | tensor \"a\": shape must be an array",
                "{'a':{'dtype':'U8','shape':4,'data_offsets':[0,4]}}         | tensor \"a\": shape must be an array",
                "{'a':{'dtype':'U8','shape':[4e0],'data_offsets':[0,4]}}     | tensor \"a\": shape must be an array",
                "{'a':{'dtype':'U8','shape':[9223372036854775808],'data_offsets':[0,4]}} | shape must be an array",
                "{'a':{'dtype':'U8','shape':[4294967296,4294967296],'data_offsets':[0,4]}} | larger than any file",
                "{'a':{'dtype':'F64','shape':[900000000000000000,2,2],'data_offsets':[0,4]}} | larger than any file",
                "{'a':{'dtype':'U8','shape':[4294967296,4294967296,0],'data_offsets':[0,0]}} | larger than any file",
                "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,4]}}       | U8 [3] takes 3 bytes, but data_offsets [0, 4] leave 4",
                "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,4]}}      | F32 [4] takes 16 bytes",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[4,0]}}       | data_offsets [4, 0] must be a begin and an end",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4,4]}}     | data_offsets must be an array of at most 2",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[4]}}         | data_offsets [4] must be a begin and an end",
                "{'a':{'dtype':'U8','shape':[5],'data_offsets':[0,5]}}       | within the 4 bytes of data",
                "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]}}       | the tensors cover 3 bytes, the file holds 4",
                "{'a':{'dtype':'U8','shape':[3],'data_offsets':[1,4]}}       | tensor \"a\" begins at byte 1 of the data, but what precedes it ends at 0",
                "{}                                                          | the tensors cover 0 bytes, the file holds 4",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4],'shape':[4]}} | tensor \"a\": \"shape\" occurs twice",
                "{'__metadata__':1,'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | __metadata__ must be an object",
                "{'__metadata__':{'x':1}}                                    | __metadata__: the value of \"x\" must be a string",
                "{'__metadata__':{'x':'1','x':'2'}}                          | __metadata__: the name \"x\" occurs twice",
                "{'__metadata__':{},'__metadata__':{}}                       | the name \"__metadata__\" occurs twice",
                "{'\\ud800':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | half of a surrogate pair",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}        | not JSON: End of input",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}x      | not JSON: malformed at line 1",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},}      | not JSON: Expected name",
                "{'a':{'dtype':'U8','shape':[NaN],'data_offsets':[0,4]}}     | not JSON: malformed at line 1",
                "{a:{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}         | not JSON: malformed at line 1",
                "[]                                                          | the header must begin with '{'"
            })
    void read_wrongHeader_saysWhatIsWrong(String header, String problem) {
        assertRefused(TestFiles.file(header.replace('\'', '"'), new byte[4]), problem);
    }

    @Test
    void read_overlap_isRefused() {
        assertRefused(
                TestFiles.file("{" + tensor("a", 0, 3) + "," + tensor("b", 2, 4) + "}", new byte[4]),
                "tensor \"b\" begins at byte 2 of the data, but what precedes it ends at 3");
    }

    @Test
    void read_sameNameTwice_isRefused() {
        assertRefused(
                TestFiles.file("{" + tensor("a", 0, 2) + "," + tensor("a", 2, 4) + "}", new byte[4]),
                "the name \"a\" occurs twice");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 100_000_001, 3, Long.MAX_VALUE})
    void read_impossibleLength_isRefused(long length) {
        byte[] file = TestFiles.file("{}");
        for (int i = 0; i < 8; i++) {
            file[i] = (byte) (length >>> (8 * i));
        }

        assertRefused(
                file, "the header claims %s bytes, at most 2 are possible".formatted(Long.toUnsignedString(length)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void read_tooShort_isRefused(int length) {
        assertRefused(new byte[length], "has only %d bytes".formatted(length));
    }

    @Test
    void read_emptyHeader_isRefused() {
        assertRefused(new byte[8], "the header must begin with '{'");
    }

    @Test
    void read_badUtf8_isRefused() {
        byte[] file = TestFiles.file("{\"?\":1}");
        file[10] = (byte) 0xff;

        assertRefused(file, "not UTF-8");
    }

    @Test
    void read_deepNesting_isRefused() {
        assertRefused(TestFiles.file("{\"a\":{\"x\":" + "[".repeat(1_000_000)), "Nesting limit 100 reached");
    }

    @Test
    void read_manyDimensions_isRefused() {
        String shape = "1,".repeat(64) + "1";
        assertRefused(
                TestFiles.file(
                        "{\"a\":{\"dtype\":\"U8\",\"shape\":[%s],\"data_offsets\":[0,1]}}".formatted(shape), (byte) 1),
                "shape must be an array of at most 64 integers");
    }

    @Test
    void read_tooManyTensors_isRefused() {
        StringBuilder header = new StringBuilder("{\"\":0");
        for (int i = 0; i < 1_000_009; i++) {
            header.append(",\"").append(i).append("\":0");
        }

        assertThatThrownBy(() -> read(TestFiles.file(header.append('}').toString())))
                .isInstanceOf(TensorFileException.class)
                .hasMessageEndingWith("and %d more".formatted(1_000_001 - 20));
    }

    @Test
    void read_severalProblems_listsAll() {
        assertThatThrownBy(
                        () -> read(
                                TestFiles.file(
                                        "{\"a\":{\"dtype\":\"F9\",\"shape\":[-1],\"data_offsets\":[0,1]},\"b\":[],\"__metadata__\":[]}")))
                .isInstanceOf(TensorFileException.class)
                .hasMessageMatching(
                        """
                        cannot read test:
                          tensor "a": unknown tensor type F9; known: .*
                          tensor "a": shape must be .*
                          tensor "b" must be an object
                          __metadata__ must be an object""");
    }

    @Test
    void read_countlessProblems_countsThem() {
        StringBuilder header = new StringBuilder("{\"a0\":1");
        for (int i = 1; i < 1000; i++) {
            header.append(",\"a%d\":1".formatted(i));
        }

        assertThatThrownBy(() -> read(TestFiles.file(header.append('}').toString())))
                .hasMessageContaining("tensor \"a19\" must be an object\n  and 980 more")
                .hasMessageNotContaining("a20");
    }

    @Test
    void read_longNameWithLineBreaks_isShownShortAndOnOneLine() {
        String name = "x\\n\\u001b".repeat(10_000);

        assertThatThrownBy(() -> read(TestFiles.file("{\"%s\":1}".formatted(name))))
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(2))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500).doesNotContain("\u001b"));
    }

    @Test
    void read_cutAnywhere_isRefused() throws IOException {
        byte[] file = TestFiles.golden("types.safetensors");
        for (int length = 0; length < file.length; length++) {
            assertRefused(Arrays.copyOf(file, length), "cannot read test");
        }
    }

    @Test
    void read_shorterThanAnnounced_isRefused() {
        byte[] file = TestFiles.file("{}      ");

        assertThatThrownBy(() -> SafeTensorsHeader.read(new ByteArrayInputStream(file, 0, 12), file.length, "test"))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining("became shorter");
    }

    private static String tensor(String name, int begin, int end) {
        return "\"%s\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
                .formatted(name, end - begin, begin, end);
    }

    private static void assertRefused(byte[] file, String problem) {
        assertThatThrownBy(() -> read(file))
                .as(new String(file, StandardCharsets.UTF_8))
                .isInstanceOf(TensorFileException.class)
                .hasMessageContaining(problem);
    }

    private static SafeTensorsHeader read(byte[] file) throws IOException {
        return SafeTensorsHeader.read(new ByteArrayInputStream(file), file.length, "test");
    }
}
