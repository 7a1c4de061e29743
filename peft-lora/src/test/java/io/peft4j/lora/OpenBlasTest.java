package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.factory.Nd4j;

/** How OpenBLAS is loaded. */
class OpenBlasTest {

    @Test
    void load_withDecompositions_hasTheThreadsThatAreAskedFor() {
        Decompositions.svd(HostMatrices.of(new double[] {2, 0, 0, 1}, 2, 2));

        assertThat(Nd4j.factory().blas().getMaxThreads()).isEqualTo(OpenBlas.threads(System.getenv()));
    }

    @ParameterizedTest
    @CsvSource({"OPENBLAS_NUM_THREADS, 4, 4", "OMP_NUM_THREADS, 3, 3", "OPENBLAS_NUM_THREADS, many, 1", "OTHER, 4, 1"})
    void threads_ofTheEnvironment_areOneUnlessGiven(String variable, String value, int expected) {
        assertThat(OpenBlas.threads(Map.of(variable, value))).isEqualTo(expected);
    }

    @Test
    void threads_ofBothVariables_areThoseOfOpenBlasItself() {
        assertThat(OpenBlas.threads(Map.of("OPENBLAS_NUM_THREADS", "2", "OMP_NUM_THREADS", "8")))
                .isEqualTo(2);
    }
}
