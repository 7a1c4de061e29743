package io.peft4j.models.minilm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OnnxGraphTest {

    private static final byte[] FOUR_FLOATS = new byte[16];

    private interface Fields {
        void writeTo(CodedOutputStream out) throws IOException;
    }

    private static ByteString message(Fields fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        fields.writeTo(out);
        out.flush();
        return ByteString.copyFrom(bytes.toByteArray());
    }

    private static byte[] model(ByteString... graphFields) throws IOException {
        ByteString graph = message(out -> {
            for (ByteString field : graphFields) {
                out.writeRawBytes(field);
            }
        });
        return message(out -> {
                    out.writeInt64(1, 6);
                    out.writeString(2, "pytorch");
                    out.writeBytes(7, graph);
                })
                .toByteArray();
    }

    private static ByteString tensor(String name, boolean packedShape) throws IOException {
        ByteString tensor = message(out -> {
            if (packedShape) {
                out.writeBytes(1, ByteString.copyFrom(new byte[] {2, 2}));
            } else {
                out.writeInt64(1, 2);
                out.writeInt64(1, 2);
            }
            out.writeInt32(2, 1);
            out.writeString(8, name);
            out.writeByteArray(9, FOUR_FLOATS);
        });
        return message(out -> out.writeBytes(5, tensor));
    }

    private static ByteString matMul(String name, String left, String right) throws IOException {
        ByteString node = message(out -> {
            out.writeString(1, left);
            out.writeString(1, right);
            out.writeString(2, "out");
            out.writeString(3, name);
            out.writeString(4, "MatMul");
        });
        return message(out -> out.writeBytes(1, node));
    }

    private static OnnxGraph read(byte[] file) throws IOException {
        return OnnxGraph.read(new ByteArrayInputStream(file));
    }

    @Test
    void read_tensorAndMatMul_tellsWhereTheValuesAre() throws IOException {
        byte[] file = model(matMul("/encoder/MatMul", "x", "w"), tensor("w", false));

        OnnxGraph graph = read(file);

        assertThat(graph.matMuls()).containsExactly(Map.entry("w", "/encoder/MatMul"));
        assertThat(graph.tensors())
                .containsExactly(new OnnxGraph.Tensor("w", 1, List.of(2L, 2L), file.length - 16, 16));
    }

    @Test
    void read_packedShape_isTheSame() throws IOException {
        assertThat(read(model(tensor("w", true))).tensors().get(0).shape()).containsExactly(2L, 2L);
    }

    @Test
    void read_fileCutShort_isAnError() throws IOException {
        byte[] file = model(tensor("w", false));

        assertThatThrownBy(() -> read(Arrays.copyOf(file, file.length - 1))).isInstanceOf(IOException.class);
    }

    @Test
    void weights_ofAnotherModel_areRefusedWithAllNames() throws IOException {
        OnnxGraph graph = read(model(tensor("decoder.weight", false), tensor("embeddings.LayerNorm.bias", false)));

        assertThatThrownBy(() -> MiniLmWeights.of(graph))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the ONNX file does not hold the weights of all-MiniLM-L6-v2: missing [")
                .hasMessageContaining("encoder.layer.5.output.dense.weight")
                .hasMessageEndingWith("unexpected [decoder.weight [2, 2]]");
    }
}
