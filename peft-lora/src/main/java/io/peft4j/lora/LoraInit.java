package io.peft4j.lora;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.peft4j.adapter.ConfigFields;
import io.peft4j.model.Initializer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How A and B start: one of the constants, or {@link #pissa}. */
public abstract class LoraInit {
    /** A from U(−1/√in, 1/√in), B zero: {@code init_lora_weights=true}. */
    public static final LoraInit KAIMING = new LoraInit("KAIMING", new JsonPrimitive(true)) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }
    };

    /** A from N(0, 1/r²), B zero: {@code init_lora_weights="gaussian"}. */
    public static final LoraInit GAUSSIAN = new LoraInit("GAUSSIAN", new JsonPrimitive("gaussian")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.normal(1.0 / rank);
        }
    };

    /** A and B both as {@link #KAIMING}'s A, so that a fresh adapter changes the model: {@code init_lora_weights=false}. */
    public static final LoraInit RANDOM = new LoraInit("RANDOM", new JsonPrimitive(false)) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return Initializer.kaimingUniform();
        }
    };

    /** A and B at random in directions that cancel, B·A = 0, for an even r: {@code init_lora_weights="orthogonal"}. */
    public static final LoraInit ORTHOGONAL = new LoraInit("ORTHOGONAL", new JsonPrimitive("orthogonal")) {
        @Override
        Initializer a(String weight, int rank, double scaling) {
            return OrthogonalStart.a(rank);
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return OrthogonalStart.b(rank);
        }
    };

    /** PiSSA, the largest singular values of the weight, taken out of it: {@code init_lora_weights="pissa"}. */
    public static final LoraInit PISSA = new LoraInit("PISSA", new JsonPrimitive("pissa")) {
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
    };

    /** OLoRA, an orthonormal part of the weight, taken out of it: {@code init_lora_weights="olora"}. */
    public static final LoraInit OLORA = new LoraInit("OLORA", new JsonPrimitive("olora")) {
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

    private static final List<LoraInit> CONSTANTS = List.of(KAIMING, GAUSSIAN, RANDOM, ORTHOGONAL, PISSA, OLORA);
    private static final String FIELD = "init_lora_weights";
    private static final Pattern RANDOMIZED = Pattern.compile("pissa_niter_(\\d{1,3})");

    private final String name;
    private final JsonPrimitive field;

    private LoraInit(String name, JsonPrimitive field) {
        this.name = name;
        this.field = field;
    }

    /**
     * Returns PiSSA with the singular values found by random projections, which is faster and nearly as exact: {@code
     * init_lora_weights="pissa_niter_4"}.
     *
     * <p>Files are those of an ordinary LoRA of twice the rank: what is drawn is in no file.
     *
     * @param iterations how often the projections are refined, positive; 4 to 16 are usual
     */
    public static LoraInit pissa(int iterations) {
        Settings.check(iterations > 0, "the iterations of PiSSA must be positive: %d", iterations);
        return new Randomized(iterations);
    }

    /** Reads {@code init_lora_weights}. */
    static LoraInit read(ConfigFields fields) {
        JsonElement value = fields.get(FIELD);
        Matcher randomized = RANDOMIZED.matcher(value instanceof JsonPrimitive text ? text.getAsString() : "");
        if (randomized.matches() && Integer.parseInt(randomized.group(1)) > 0) {
            return pissa(Integer.parseInt(randomized.group(1)));
        }
        return fields.choice(FIELD, CONSTANTS.toArray(LoraInit[]::new), LoraInit::field, KAIMING);
    }

    /** Returns whether the start was drawn, so that it cannot be computed again from the weight. */
    boolean isDrawn() {
        return false;
    }

    @Override
    public String toString() {
        return name;
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

    /** PiSSA by random projections. */
    private static final class Randomized extends LoraInit {
        private final int iterations;

        Randomized(int iterations) {
            super("PISSA(%d)".formatted(iterations), new JsonPrimitive("pissa_niter_" + iterations));
            this.iterations = iterations;
        }

        @Override
        Initializer a(String weight, int rank, double scaling) {
            return WeightStart.principal(iterations).a(weight, rank, scaling);
        }

        @Override
        Initializer b(String weight, int rank, double scaling) {
            return WeightStart.principal(iterations).b(weight, rank, scaling);
        }

        @Override
        boolean isResidual() {
            return true;
        }

        @Override
        boolean isDrawn() {
            return true;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Randomized init && init.iterations == iterations;
        }

        @Override
        public int hashCode() {
            return iterations;
        }
    }
}
