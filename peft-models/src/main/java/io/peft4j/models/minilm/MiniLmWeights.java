package io.peft4j.models.minilm;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.peft4j.program.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The weights of MiniLM under their Hugging Face names, where they lie in the ONNX file. */
final class MiniLmWeights {

    private static final int LAYERS = 6;
    private static final List<String> EMBEDDINGS = List.of(
            "word_embeddings.weight",
            "position_embeddings.weight",
            "token_type_embeddings.weight",
            "LayerNorm.weight",
            "LayerNorm.bias");
    private static final List<String> LAYER = Stream.of(
                    "attention.self.query",
                    "attention.self.key",
                    "attention.self.value",
                    "attention.output.dense",
                    "attention.output.LayerNorm",
                    "intermediate.dense",
                    "output.dense",
                    "output.LayerNorm")
            .flatMap(module -> Stream.of(module + ".weight", module + ".bias"))
            .toList();

    /** A weight; a transposed one lies as [in, out] in the ONNX file and is wanted as [out, in]. */
    private record Weight(String name, OnnxGraph.Tensor tensor, boolean transposed) {

        List<Long> shape() {
            List<Long> shape = tensor.shape();
            return transposed ? List.of(shape.get(1), shape.get(0)) : shape;
        }
    }

    private final List<Weight> weights;

    private MiniLmWeights(List<Weight> weights) {
        this.weights = weights;
    }

    /**
     * Returns the weights of a graph.
     *
     * @throws IOException if they are not those of MiniLM
     */
    static MiniLmWeights of(OnnxGraph graph) throws IOException {
        List<Weight> weights = new ArrayList<>();
        Set<String> missing = new TreeSet<>(names());
        Set<String> unexpected = new TreeSet<>();
        for (OnnxGraph.Tensor tensor : graph.tensors()) {
            if (!tensor.isFloat()) {
                continue; // position_ids, a constant
            }
            String node = graph.matMuls().get(tensor.name());
            String name = node == null ? tensor.name() : nameOf(node);
            weights.add(new Weight(name, tensor, node != null));
            if (!missing.remove(name) || !isWhole(tensor)) {
                unexpected.add(name + " " + tensor.shape());
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new IOException(
                    "the ONNX file does not hold the weights of all-MiniLM-L6-v2: missing %s, unexpected %s"
                            .formatted(missing, unexpected));
        }
        return new MiniLmWeights(weights);
    }

    private static List<String> names() {
        return Stream.concat(
                        EMBEDDINGS.stream().map(name -> "embeddings." + name),
                        IntStream.range(0, LAYERS).boxed().flatMap(layer -> LAYER.stream()
                                .map(name -> "encoder.layer." + layer + "." + name)))
                .toList();
    }

    /** Returns {@code encoder.layer.0.output.dense.weight} for {@code /encoder/layer.0/output/dense/MatMul}. */
    private static String nameOf(String matMul) {
        return matMul.replaceFirst("^/", "").replaceFirst("/MatMul$", "").replace('/', '.') + ".weight";
    }

    private static boolean isWhole(OnnxGraph.Tensor tensor) {
        long elements = tensor.shape().stream().reduce(1L, (a, b) -> a * b);
        return elements * DType.FLOAT32.bytes() == tensor.bytes();
    }

    /** Writes them as a safetensors file that is on disk on return, reading the ONNX file from its beginning. */
    void write(InputStream onnx, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                OutputStream out = Channels.newOutputStream(channel)) {
            out.write(header());
            long at = 0;
            for (Weight weight : weights) {
                OnnxGraph.Tensor tensor = weight.tensor();
                onnx.skipNBytes(tensor.offset() - at);
                if (weight.transposed()) {
                    out.write(transposed(onnx.readNBytes(tensor.bytes()), tensor.shape()));
                } else {
                    copy(onnx, out, tensor.bytes());
                }
                at = tensor.offset() + (long) tensor.bytes();
            }
            channel.force(true);
        }
    }

    private byte[] header() {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        metadata.addProperty("format", "pt");
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Weight weight : weights) {
            JsonArray shape = new JsonArray();
            weight.shape().forEach(shape::add);
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += weight.tensor().bytes();
            offsets.add(offset);
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", DType.FLOAT32.safeTensorsName());
            entry.add("shape", shape);
            entry.add("data_offsets", offsets);
            header.add(weight.name(), entry);
        }
        String text = header.toString();
        String padded = text + " ".repeat(Math.floorMod(-text.length(), Long.BYTES));
        return ByteBuffer.allocate(Long.BYTES + padded.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length())
                .put(padded.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static byte[] transposed(byte[] values, List<Long> shape) {
        int rows = Math.toIntExact(shape.get(0));
        int columns = Math.toIntExact(shape.get(1));
        ByteBuffer from = ByteBuffer.wrap(values);
        ByteBuffer to = ByteBuffer.allocate(values.length);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                to.putInt(from.getInt((row * columns + column) * Integer.BYTES));
            }
        }
        return to.array();
    }

    private static void copy(InputStream in, OutputStream out, int bytes) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int left = bytes; left > 0; ) {
            int n = in.readNBytes(buffer, 0, Math.min(left, buffer.length));
            if (n == 0) {
                throw new IOException("the ONNX file ends within a tensor");
            }
            out.write(buffer, 0, n);
            left -= n;
        }
    }
}
