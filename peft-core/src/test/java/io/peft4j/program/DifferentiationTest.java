package io.peft4j.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DifferentiationTest {

    private static final Dim ROWS = Dim.named("B");

    private final Recording recording = new Recording();
    private final Tensor x = recording.input("x", TensorType.of(DType.FLOAT32, ROWS, Dim.of(4)));
    private final Tensor weight = recording.input("weight", TensorType.of(DType.FLOAT32, 4, 4));
    private final Tensor ids = recording.input("ids", TensorType.of(DType.INT64, ROWS));

    @Test
    void of_frozenLinear_keepsNothingAndCostsOneProduct() {
        Program program = recording.program(List.of(x.linear(weight)));

        Differentiation.Result result = Differentiation.of(program, Set.of(0), List.of("x"), Set.of());

        assertThat(result.kept()).isEmpty();
        assertThat(result.backward().nodes()).hasSize(1);
        assertThat(result.backward().inputNames()).containsExactly("weight", "gradient.0");
    }

    @Test
    void of_activation_keepsItsInputAndNotItsOutput() {
        Program program = recording.program(
                List.of(x.linear(weight).activation(Activation.GELU).linear(weight)));

        Differentiation.Result result = Differentiation.of(program, Set.of(0), List.of("x", "weight"), Set.of());

        assertThat(result.kept()).hasSize(1);
        Program.Node first = result.forward().nodes().get(0);
        assertThat(result.forward().outputs().get(1)).isEqualTo(first.results().get(0));
    }

    @Test
    void of_scaledLowRankProduct_isFoldedIntoOneSum() {
        Tensor a = recording.input("A", TensorType.of(DType.FLOAT32, 2, 4));
        Tensor b = recording.input("B", TensorType.of(DType.FLOAT32, 4, 2));
        Program program = recording.program(
                List.of(x.linear(weight).add(x.linear(a).linear(b).scale(2))));

        Program forward =
                Differentiation.of(program, Set.of(0), List.of(), List.of("A")).forward();

        assertThat(forward.toString()).contains("addLinear[2.0]").doesNotContain("scale", "= add[");
    }

    @Test
    void of_integerAndUnknownInputs_areRefusedTogether() {
        Program program = recording.program(List.of(x.embedding(ids).linear(weight)));

        assertThatThrownBy(() -> Differentiation.of(program, Set.of(0), List.of("ids"), List.of("bias")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ids is INT64[B], and only floating inputs have gradients")
                .hasMessageContaining("no input bias, only [x, weight, ids]");
    }

    @Test
    void of_operationWithoutRule_isNamed() {
        Tensor slope = recording.apply(Elementwise.applyGradient(Activation.GELU), x, x);
        Program program = recording.program(List.of(slope.linear(weight)));

        assertThatThrownBy(() -> Differentiation.of(program, Set.of(0), List.of("x"), Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("applyGradient[GELU] has no gradient rule");
    }

    @Test
    void of_operationWithoutRuleOnFrozenInputs_isNoProblem() {
        Tensor slope = recording.apply(Elementwise.applyGradient(Activation.GELU), x, x);
        Program program = recording.program(List.of(slope.linear(weight)));

        Differentiation.Result result = Differentiation.of(program, Set.of(0), List.of("weight"), Set.of());

        assertThat(result.backward().outputs()).hasSize(1);
    }

    @Test
    void of_secondResultOfAnOperation_isRefused() {
        Tensor heads = x.reshape(ROWS, Dim.of(1), Dim.of(1), Dim.of(4));
        Tensor mask = heads.zeros(List.of(ROWS, Dim.of(1), Dim.of(1), Dim.of(1)));
        Tensor sums = recording
                .applyAll(Attention.fused(1), heads, heads, heads, mask)
                .get(1);
        Program program = recording.program(List.of(sums));

        assertThatThrownBy(() -> Differentiation.of(program, Set.of(0), List.of("x"), Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("for its first result only");
    }
}
