package io.peft4j.io;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of named tensors whose directory was read and found to be right; it holds no resource and may be shared. */
public interface TensorFile {

    /**
     * Opens a file of any known format, told by its first bytes.
     *
     * @throws TensorFileException if the file breaks a rule of its format, with all that is wrong
     */
    static TensorFile open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw Problems.fatal(path.toString(), "it is a folder; name a file");
        }
        byte[] start;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            start = in.readNBytes(SafeTensorsHeader.LENGTH_BYTES + 1);
        }
        if (TorchFile.isStart(start)) {
            return TorchFile.open(path);
        }
        boolean isHeader =
                start.length > SafeTensorsHeader.LENGTH_BYTES && start[SafeTensorsHeader.LENGTH_BYTES] == '{';
        if (!isHeader && path.toString().endsWith(".bin")) {
            throw Problems.fatal(
                    path.toString(), "it begins neither as what torch.save writes nor as safetensors: save it again");
        }
        return SafeTensorsFile.open(path);
    }

    /** Returns a text that another file, or another state of this one, does not have. */
    String identity();

    /** Returns the tensors in the order of the file. */
    List<TensorInfo> tensors();

    /**
     * Returns what the file says of a tensor.
     *
     * @throws IllegalArgumentException if the file has no tensor of that name
     */
    TensorInfo info(String name);

    /**
     * Returns a tensor on the device of its owner.
     *
     * @param owner the manager that the tensor is attached to
     * @throws IllegalArgumentException if the file has no tensor of that name
     * @throws TensorFileException if the file changed since it was opened
     */
    NDArray tensor(NDManager owner, String name) throws IOException;

    /**
     * Returns several tensors, as {@link #tensor} does each; files that can be mapped are mapped once.
     *
     * @return the tensors in the order of their names
     */
    default List<NDArray> tensors(NDManager owner, List<String> names) throws IOException {
        List<NDArray> tensors = new ArrayList<>();
        for (String name : names) {
            tensors.add(tensor(owner, name));
        }
        return tensors;
    }
}
