package io.peft4j.models.minilm;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an ONNX file says about its weights, without their values.
 *
 * @param tensors the stored tensors, in the order in which they lie in the file
 * @param matMuls for each tensor that a MatMul node multiplies with from the right, the name of that node
 */
record OnnxGraph(List<Tensor> tensors, Map<String, String> matMuls) {

    /** ONNX's number of the element type float32. */
    private static final int FLOAT = 1;

    // Field numbers of onnx.proto.
    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_NAME = 3;
    private static final int NODE_OPERATOR = 4;
    private static final int TENSOR_DIMS = 1;
    private static final int TENSOR_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_RAW_DATA = 9;

    /**
     * Where a tensor lies.
     *
     * @param type ONNX's number of its element type
     * @param offset first byte of its values in the file
     * @param bytes how many there are
     */
    record Tensor(String name, int type, List<Long> shape, int offset, int bytes) {

        boolean isFloat() {
            return type == FLOAT;
        }
    }

    /** Reads a file, skipping the values. */
    static OnnxGraph read(InputStream file) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(file);
        OnnxGraph graph = new OnnxGraph(new ArrayList<>(), new HashMap<>());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == MODEL_GRAPH) {
                graph.readGraph(in);
            } else {
                in.skipField(tag);
            }
        }
        return graph;
    }

    private void readGraph(CodedInputStream in) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case GRAPH_NODE -> readNode(in);
                case GRAPH_INITIALIZER -> readTensor(in);
                default -> in.skipField(tag);
            }
        }
        in.popLimit(outer);
    }

    private void readNode(CodedInputStream in) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        List<String> inputs = new ArrayList<>();
        String name = "";
        String operator = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case NODE_INPUT -> inputs.add(in.readString());
                case NODE_NAME -> name = in.readString();
                case NODE_OPERATOR -> operator = in.readString();
                default -> in.skipField(tag);
            }
        }
        in.popLimit(outer);
        if (operator.equals("MatMul") && inputs.size() == 2) {
            matMuls.put(inputs.get(1), name);
        }
    }

    private void readTensor(CodedInputStream in) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        List<Long> shape = new ArrayList<>();
        String name = "";
        int type = 0;
        int offset = 0;
        int bytes = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case TENSOR_DIMS -> readDims(in, tag, shape);
                case TENSOR_TYPE -> type = in.readInt32();
                case TENSOR_NAME -> name = in.readString();
                case TENSOR_RAW_DATA -> {
                    bytes = in.readRawVarint32();
                    offset = in.getTotalBytesRead();
                    in.skipRawBytes(bytes);
                }
                default -> in.skipField(tag);
            }
        }
        in.popLimit(outer);
        tensors.add(new Tensor(name, type, List.copyOf(shape), offset, bytes));
    }

    /** Writers may pack the sizes into one field or write a field for each. */
    private static void readDims(CodedInputStream in, int tag, List<Long> shape) throws IOException {
        if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
            shape.add(in.readInt64());
            return;
        }
        int outer = in.pushLimit(in.readRawVarint32());
        while (in.getBytesUntilLimit() > 0) {
            shape.add(in.readInt64());
        }
        in.popLimit(outer);
    }
}
