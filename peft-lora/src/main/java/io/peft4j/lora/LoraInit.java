package io.peft4j.lora;

import com.google.gson.JsonPrimitive;
import io.peft4j.model.Initializer;

/** How A and B start. */
public enum LoraInit {
    /** A from U(−1/√in, 1/√in), B zero: {@code init_lora_weights=true}. */
    KAIMING(new JsonPrimitive(true)) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }
    },
    /** A from N(0, 1/r²), B zero: {@code init_lora_weights="gaussian"}. */
    GAUSSIAN(new JsonPrimitive("gaussian")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.normal(1.0 / rank);
        }
    },
    /** A and B both as {@link #KAIMING}'s A, so that a fresh adapter changes the model: {@code init_lora_weights=false}. */
    RANDOM(new JsonPrimitive(false)) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }
    },
    /** A and B at random in directions that cancel, B·A = 0, for an even r: {@code init_lora_weights="orthogonal"}. */
    ORTHOGONAL(new JsonPrimitive("orthogonal")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return OrthogonalStart.a(rank);
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return OrthogonalStart.b(rank);
        }
    },
    /** PiSSA, the largest singular values of the weight, taken out of it: {@code init_lora_weights="pissa"}. */
    PISSA(new JsonPrimitive("pissa")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return WeightStart.PRINCIPAL.a(weight, rank, scaling);
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return WeightStart.PRINCIPAL.b(weight, rank, scaling);
        }

        @Override
        boolean isResidual() {
            return true;
        }
    },
    /** OLoRA, an orthonormal part of the weight, taken out of it: {@code init_lora_weights="olora"}. */
    OLORA(new JsonPrimitive("olora")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return WeightStart.ORTHONORMAL.a(weight, rank, scaling);
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return WeightStart.ORTHONORMAL.b(weight, rank, scaling);
        }

        @Override
        boolean isResidual() {
            return true;
        }
    };

    private final JsonPrimitive field;

    LoraInit(JsonPrimitive field) {
        this.field = field;
    }

    /** Returns what {@code adapter_config.json} says. */
    JsonPrimitive field() {
        return field;
    }

    /** Returns whether A and B start as a part of the weight that is taken out of it; see {@link ResidualLoraLinear}. */
    boolean isResidual() {
        return false;
    }

    abstract Initializer a(String weight, int rank, double scaling);

    Initializer b(String weight, int rank, double scaling) {
        return Initializer.zeros();
    }
}
