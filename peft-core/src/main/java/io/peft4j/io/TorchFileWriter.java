package io.peft4j.io;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Writes dictionaries of tensors as {@code torch.save} does; {@code torch.load} reads them with {@code weights_only}. */
public final class TorchFileWriter {

    private TorchFileWriter() {}

    /**
     * Writes a file, replacing an old one only once all is on the disk.
     *
     * @param tensors the tensors, in the order that they are to have; arrays of any layout and on any device
     * @throws IllegalArgumentException if a name occurs twice or an array is not of its type, with all that is wrong
     */
    public static void write(Path file, List<NamedTensor> tensors) throws IOException {
        FileData.requireLittleEndian(ByteOrder.nativeOrder());
        Problems problems = new Problems();
        NamedTensor.check(tensors, Set.of(), problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(problems.report("cannot write " + file));
        }
        String root = String.valueOf(file.getFileName()).replaceFirst("(?<=.)\\.[^.]*$", "");
        AtomicFile.write(file, out -> {
            StoredZip zip = new StoredZip(out, root);
            zip.entry("data.pkl", pickle(tensors));
            zip.entry(".format_version", ascii("1"));
            zip.entry(".storage_alignment", ascii(Integer.toString(StoredZip.ALIGNMENT)));
            zip.entry("byteorder", ascii("little"));
            for (int i = 0; i < tensors.size(); i++) {
                zip.entry("data/" + i, tensors.get(i).bytes(), tensors.get(i)::writeData);
            }
            zip.entry("version", ascii("3\n"));
            zip.end();
        });
    }

    /** Returns a dictionary of contiguous tensors, each of the storage of its number. */
    private static byte[] pickle(List<NamedTensor> tensors) {
        Pickler pickler = new Pickler().mark();
        for (int i = 0; i < tensors.size(); i++) {
            NamedTensor tensor = tensors.get(i);
            long[] shape = tensor.array().getShape().getShape();
            long[] strides = new long[shape.length];
            long stride = 1;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                strides[axis] = stride;
                stride *= Math.max(1, shape[axis]);
            }
            pickler.text(tensor.name()).global(TorchValues.TENSOR).mark();
            pickler.mark().text("storage").global(TorchValues.storageOf(tensor.dtype()));
            pickler.text(Integer.toString(i))
                    .text("cpu")
                    .number(tensor.array().getShape().size());
            pickler.tuple().persistent().number(0).numbers(shape).numbers(strides);
            pickler.no()
                    .global(TorchValues.ORDERED_DICT)
                    .mark()
                    .tuple()
                    .call()
                    .tuple()
                    .call();
        }
        return pickler.entries().end();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
