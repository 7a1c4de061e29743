package io.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.peft4j.program.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class SafeTensorsPropertiesTest {

    /** A tensor before it is native. */
    record Values(String name, DType dtype, List<Integer> shape, long seed) {

        long[] sizes() {
            return shape.stream().mapToLong(Integer::longValue).toArray();
        }

        byte[] bytes() {
            byte[] bytes = new byte[(int) new Shape(sizes()).size() * dtype.bytes()];
            new Random(seed).nextBytes(bytes);
            if (dtype == DType.BOOL) {
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] &= 1;
                }
            }
            return bytes;
        }
    }

    @Property(tries = 200)
    void open_whatWasWritten_readsTheSame(
            @ForAll("tensors") List<Values> tensors, @ForAll("metadata") Map<String, String> metadata)
            throws IOException {
        Path path = Files.createTempFile("round-trip", ".safetensors");
        try (NDManager manager = TestFiles.manager()) {
            List<NamedTensor> named = tensors.stream()
                    .map(t -> new NamedTensor(
                            t.name(), t.dtype(), TestFiles.tensor(manager, t.dtype(), t.bytes(), t.sizes())))
                    .toList();

            SafeTensorsWriter.write(path, named, metadata);
            SafeTensorsFile file = SafeTensorsFile.open(path);

            assertThat(file.metadata()).isEqualTo(metadata);
            assertThat(file.tensors()).hasSameSizeAs(tensors);
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
            @ForAll @IntRange(max = 1 << 16) int at, @ForAll byte value, @ForAll("edits") Edit edit)
            throws IOException {
        byte[] bytes = edit.apply(TestFiles.golden("types.safetensors"), at, value);
        Path path = Files.write(Files.createTempFile("mutated", ".safetensors"), bytes);
        try (NDManager manager = TestFiles.manager()) {
            SafeTensorsFile file = SafeTensorsFile.open(path);
            for (TensorInfo info : file.tensors()) {
                int begin = Math.toIntExact(info.offset());
                assertThat(TestFiles.bytes(file.tensor(manager, info.name())))
                        .isEqualTo(Arrays.copyOfRange(bytes, begin, begin + Math.toIntExact(info.bytes())));
            }
        } catch (TensorFileException e) {
            assertThat(e).hasMessageStartingWith("cannot read " + path);
        } finally {
            Files.delete(path);
        }
    }

    /** A way to damage a file. */
    enum Edit {
        SET {
            @Override
            byte[] apply(byte[] file, int at, byte value) {
                file[at % file.length] = value;
                return file;
            }
        },
        DELETE {
            @Override
            byte[] apply(byte[] file, int at, byte value) {
                int i = at % file.length;
                System.arraycopy(file, i + 1, file, i, file.length - i - 1);
                return Arrays.copyOf(file, file.length - 1);
            }
        },
        INSERT {
            @Override
            byte[] apply(byte[] file, int at, byte value) {
                int i = at % file.length;
                byte[] longer = Arrays.copyOf(file, file.length + 1);
                System.arraycopy(file, i, longer, i + 1, file.length - i);
                longer[i] = value;
                return longer;
            }
        },
        CUT {
            @Override
            byte[] apply(byte[] file, int at, byte value) {
                return Arrays.copyOf(file, at % file.length);
            }
        },
        /** Repeats the header's bytes from one place at another. */
        COPY {
            @Override
            byte[] apply(byte[] file, int at, byte value) {
                int header = 2300;
                int from = 8 + at % header;
                int to = 8 + (31 * at + value + 128) % header;
                int length = Math.min(Math.abs(value), 8 + header - Math.max(from, to));
                System.arraycopy(file.clone(), from, file, to, length);
                return file;
            }
        };

        abstract byte[] apply(byte[] file, int at, byte value);
    }

    @Provide
    Arbitrary<Edit> edits() {
        return Arbitraries.of(Edit.class);
    }

    @Provide
    Arbitrary<List<Values>> tensors() {
        Arbitrary<Values> tensor = Combinators.combine(
                        text(),
                        Arbitraries.of(DType.class),
                        Arbitraries.integers().between(0, 4).list().ofMaxSize(4),
                        Arbitraries.longs())
                .as(Values::new);
        return tensor.list().ofMaxSize(6).uniqueElements(Values::name);
    }

    @Provide
    Arbitrary<Map<String, String>> metadata() {
        return Arbitraries.maps(text(), text()).ofMaxSize(3);
    }

    /** Any text that UTF-8 can hold. */
    private static Arbitrary<String> text() {
        return Arbitraries.strings().ofMaxLength(8).filter(text -> text.codePoints()
                .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    }
}
