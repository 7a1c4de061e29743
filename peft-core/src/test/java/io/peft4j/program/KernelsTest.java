package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.peft4j.program.Kernels.AttentionKernel;
import io.peft4j.program.Kernels.LinearKernel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KernelsTest {

    @AfterEach
    void forget() {
        System.clearProperty("peft4j.linear");
        System.clearProperty("peft4j.attention");
    }

    @ParameterizedTest
    @EnumSource(LinearKernel.class)
    void measured_linearForced_isTakenInBothDirections(LinearKernel kernel) {
        System.setProperty("peft4j.linear", kernel.name());

        Kernels kernels = Kernels.measured(DType.FLOAT32);

        assertThat(kernels.linear(false)).isEqualTo(kernel);
        assertThat(kernels.linear(true)).isEqualTo(kernel);
    }

    @ParameterizedTest
    @CsvSource({"FUSED, true", "PRODUCTS, false"})
    void measured_attentionForced_holdsForEveryLength(String name, boolean fused) {
        System.setProperty("peft4j.linear", "DEFAULT");
        System.setProperty("peft4j.attention", name);

        for (long tokens : new long[] {1, 128, 512, 4096}) {
            assertThat(Kernels.measured(DType.BFLOAT16).fusesAttention(DType.BFLOAT16, tokens))
                    .isEqualTo(fused);
        }
    }

    @Test
    void measured_unknownName_listsTheNames() {
        System.setProperty("peft4j.linear", "MKL");

        assertThatThrownBy(() -> Kernels.measured(DType.FLOAT32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("-Dpeft4j.linear must be one of [DEFAULT, ONEDNN]: MKL");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void measured_askedAgain_givesTheSame(DType dtype) {
        assertThat(Kernels.measured(dtype)).isEqualTo(Kernels.measured(dtype));
        assertThat(AttentionKernel.MEASURED.fuses(dtype, 100)).isEqualTo(AttentionKernel.MEASURED.fuses(dtype, 128));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void measured_fewRows_areAskedAboutInClasses(DType dtype) {
        assertThat(Kernels.measured(dtype, 2, false)).isEqualTo(Kernels.measured(dtype, 4, false));
        assertThat(Kernels.measured(dtype, 1000, false)).isEqualTo(Kernels.measured(dtype));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void fuses_singleToken_isOneOperation(DType dtype) {
        assertThat(AttentionKernel.MEASURED.fuses(dtype, 1)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16"})
    void measured_lengthsThatAreNotMeasured_areAsUsual(DType dtype) {
        for (long tokens : new long[] {1, 8, 513}) {
            assertThat(AttentionKernel.MEASURED.fuses(dtype, tokens))
                    .isEqualTo(AttentionKernel.USUAL.fuses(dtype, tokens));
        }
    }
}
