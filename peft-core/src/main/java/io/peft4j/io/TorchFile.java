package io.peft4j.io;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.io.TorchValues.Storage;
import io.peft4j.io.TorchValues.StoredTensor;
import io.peft4j.program.NativeTensors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A dictionary of tensors as {@code torch.save} writes it, {@code pytorch_model.bin} for one; holds no resource.
 *
 * <p>The file is a pickle, which can name any Python code. Nothing of it is run or looked up: a name other than those
 * of tensors and dictionaries is an error. Both forms are read, the zip of torch 1.6 and later and the older one of
 * pickles and numbers, one after the other. As with {@link SafeTensorsFile}, the file may be replaced but not
 * overwritten.
 */
public final class TorchFile implements TensorFile {

    private final FileData data;
    private final Map<String, Entry> tensors;

    /** A tensor, and the strides of its elements if these do not lie one after the other. */
    private record Entry(TensorInfo info, List<Long> strides) {}

    private TorchFile(FileData data, Map<String, Entry> tensors) {
        this.data = data;
        this.tensors = tensors;
    }

    /** Returns whether a file that starts so was written by torch. */
    static boolean isStart(byte[] start) {
        return TorchZip.isStart(start) || TorchStream.isStart(start);
    }

    /**
     * Reads and checks the pickle of a file, not its numbers.
     *
     * @throws TensorFileException if it names code, holds anything but tensors by name, or tells of numbers that the
     *     file does not hold, with all that is wrong
     */
    public static TorchFile open(Path path) throws IOException {
        FileData.requireLittleEndian(ByteOrder.nativeOrder());
        FileData data = FileData.of(path);
        Problems problems = new Problems();
        TorchValues values = new TorchValues(problems);
        try (FileChannel channel = FileChannel.open(path);
                InputStream in = new BufferedInputStream(Channels.newInputStream(channel))) {
            in.mark(TorchZip.START.length());
            byte[] start = in.readNBytes(TorchZip.START.length());
            in.reset();
            String file = path.toString();
            StoredValue stored = TorchZip.isStart(start)
                    ? TorchZip.read(channel, file, values)
                    : TorchStream.read(in, channel, file, values);
            Map<String, Entry> tensors = new LinkedHashMap<>();
            entries(stored.value(), problems).forEach((name, tensor) -> {
                Long offset = stored.offsets().get(tensor.storage().key());
                if (offset == null) {
                    problems.add("tensor %s: its numbers are not in the file", Problems.quote(name));
                } else {
                    tensors.put(name, entry(name, tensor, offset, problems));
                }
            });
            problems.throwIfAny(file);
            return new TorchFile(data, tensors);
        }
    }

    /** What the pickle says, and where in the file each storage begins. */
    record StoredValue(Object value, Map<String, Long> offsets) {}

    private static Map<String, StoredTensor> entries(Object value, Problems problems) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        if (!(value instanceof LinkedHashMap<?, ?> map)) {
            problems.add("it must hold a dictionary of tensors");
            return tensors;
        }
        map.forEach((key, entry) -> {
            if (!(key instanceof String name)) {
                problems.add("key %s of the dictionary is no text", Problems.show(key.toString()));
            } else if (entry instanceof StoredTensor tensor) {
                problems.checkText(name);
                tensors.put(name, tensor);
            } else if (entry != TorchValues.NOTHING) {
                problems.add("entry %s of the dictionary is no tensor", Problems.quote(name));
            }
        });
        return tensors;
    }

    private static Entry entry(String name, StoredTensor tensor, long storageOffset, Problems problems) {
        Storage storage = tensor.storage();
        long elements = 1;
        long last = tensor.offset();
        long packed = 1;
        boolean contiguous = true;
        try {
            for (int i = tensor.shape().size() - 1; i >= 0; i--) {
                long size = tensor.shape().get(i);
                contiguous &= size == 1 || tensor.strides().get(i) == packed;
                packed = Math.multiplyExact(packed, size);
                elements = Math.multiplyExact(elements, size);
                last = Math.addExact(
                        last,
                        Math.multiplyExact(
                                Math.max(0, size - 1), tensor.strides().get(i)));
            }
        } catch (ArithmeticException e) {
            elements = Long.MAX_VALUE;
        }
        if (elements > storage.elements() || (elements > 0 && last >= storage.elements())) {
            problems.add(
                    "tensor %s of shape %s, strides %s and offset %d does not lie within its %d elements",
                    Problems.quote(name), tensor.shape(), tensor.strides(), tensor.offset(), storage.elements());
            elements = 0;
        }
        int size = storage.dtype().bytes();
        long offset = elements == 0 ? storageOffset : storageOffset + tensor.offset() * size;
        TensorInfo info = new TensorInfo(name, storage.dtype(), tensor.shape(), offset, elements * size);
        return new Entry(info, contiguous || elements == 0 ? List.of() : tensor.strides());
    }

    @Override
    public String identity() {
        return data.identity();
    }

    @Override
    public List<TensorInfo> tensors() {
        List<TensorInfo> infos = new ArrayList<>();
        tensors.values().forEach(entry -> infos.add(entry.info()));
        return infos;
    }

    @Override
    public TensorInfo info(String name) {
        return entry(name).info();
    }

    private Entry entry(String name) {
        Entry entry = tensors.get(name);
        if (entry == null) {
            throw new IllegalArgumentException(Problems.unknown(data.path(), name, tensors.keySet()));
        }
        return entry;
    }

    /**
     * {@inheritDoc}
     *
     * <p>It is a view of the file, under the same conditions as a {@linkplain SafeTensorsFile#tensor safetensors
     * file's}, unless its elements do not lie one after the other, as those of a transposed matrix: then it is copied.
     */
    @Override
    public NDArray tensor(NDManager owner, String name) throws IOException {
        Entry entry = entry(name);
        TensorInfo info = entry.info();
        if (entry.strides().isEmpty()) {
            return data.tensor(owner, info);
        }
        long span = 1;
        for (int i = 0; i < info.shape().size(); i++) {
            span += (info.shape().get(i) - 1) * entry.strides().get(i);
        }
        TensorInfo all = new TensorInfo(
                name,
                info.dtype(),
                List.of(span),
                info.offset(),
                span * info.dtype().bytes());
        try (NDArray elements = data.tensor(owner, all)) {
            return NativeTensors.gather(owner, elements, info.shape(), entry.strides());
        }
    }

    @Override
    public List<NDArray> tensors(NDManager owner, List<String> names) throws IOException {
        List<Entry> entries = names.stream().map(this::entry).toList();
        return entries.stream().allMatch(entry -> entry.strides().isEmpty())
                ? data.tensors(owner, entries.stream().map(Entry::info).toList())
                : TensorFile.super.tensors(owner, names);
    }
}
