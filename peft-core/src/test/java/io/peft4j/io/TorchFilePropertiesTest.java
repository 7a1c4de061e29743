package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.io.SafeTensorsPropertiesTest.Edit;
import io.peft4j.io.SafeTensorsPropertiesTest.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class TorchFilePropertiesTest {

    @Property(tries = 200)
    void open_whatWasWritten_readsTheSame(@ForAll("tensors") List<Values> tensors) throws IOException {
        Path path = Files.createTempFile("round-trip", ".bin");
        try (NDManager manager = TestFiles.manager()) {
            List<NamedTensor> named = tensors.stream()
                    .map(t -> new NamedTensor(
                            t.name(), t.dtype(), TestFiles.tensor(manager, t.dtype(), t.bytes(), t.sizes())))
                    .toList();

            TorchFileWriter.write(path, named);
            TensorFile file = TensorFile.open(path);

            assertThat(file.tensors())
                    .extracting(TensorInfo::name)
                    .containsExactlyElementsOf(
                            tensors.stream().map(Values::name).toList());
            for (Values t : tensors) {
                assertThat(file.info(t.name()).dtype()).isEqualTo(t.dtype());
                assertThat(file.tensor(manager, t.name()).getShape()).isEqualTo(new Shape(t.sizes()));
                assertThat(TestFiles.bytes(file.tensor(manager, t.name()))).isEqualTo(t.bytes());
            }
        } finally {
            Files.delete(path);
        }
    }

    @Property
    void open_mutated_isReadOrRefused(
            @ForAll("files") String name,
            @ForAll @IntRange(max = 1 << 16) int at,
            @ForAll byte value,
            @ForAll("edits") Edit edit)
            throws IOException {
        byte[] bytes = edit.apply(TestFiles.golden(name), at, value);
        Path path = Files.write(Files.createTempFile("mutated", ".bin"), bytes);
        try (NDManager manager = TestFiles.manager()) {
            TensorFile file = TensorFile.open(path);
            for (TensorInfo info : file.tensors()) {
                assertThat(TestFiles.bytes(file.tensor(manager, info.name()))).hasSize((int) info.bytes());
            }
        } catch (TensorFileException e) {
            assertThat(e).hasMessageStartingWith("cannot read " + path);
        } finally {
            Files.delete(path);
        }
    }

    @Provide
    Arbitrary<String> files() {
        return Arbitraries.of("torch.bin", "torch-stream.bin");
    }

    @Provide
    Arbitrary<Edit> edits() {
        return Arbitraries.of(Edit.class);
    }

    @Provide
    Arbitrary<List<Values>> tensors() {
        return new SafeTensorsPropertiesTest().tensors();
    }
}
