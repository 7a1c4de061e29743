package io.peft4j.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between packages, and rules that every class of the library keeps; this module sees all others. */
class ArchitectureTest {

    /** The packages of the core; none may depend on one of a later line. */
    private static final List<Set<String>> CORE = List.of(
            Set.of("program"),
            Set.of("io"),
            Set.of("model"),
            Set.of("adapter"),
            Set.of("train", "generate"),
            Set.of("parity"),
            Set.of("djl"));

    /** AdapterFusion combines bottlenecks, and AdapterHub's folders hold both and (IA)³. */
    private static final List<Set<String>> ADAPTERHUB =
            List.of(Set.of("bottleneck", "ia3"), Set.of("fusion"), Set.of("adapterhub"));

    private static final String MODELS = "models";
    private static final Set<String> PROGRAMS = Set.of("bench", "examples", "testkit");

    /**
     * The reference interpreter, which never sees bfloat16 and differentiates nothing, and the class that hands the
     * constants of a user's DJL network to DJL's own blocks.
     */
    private static final Set<String> CASTING = Set.of("Activation", "Interpreter", "Lookup", "LoraBlock");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("jmh_generated"))
            .importPackages("io.peft4j");

    @Test
    void packages_ofEveryModule_areSeen() {
        assertThat(partNames())
                .containsAll(CORE.stream().flatMap(Set::stream).toList())
                .contains(MODELS, "lora")
                .containsAll(PROGRAMS);
    }

    static Stream<String> partNames() {
        return CLASSES.stream().map(ArchitectureTest::part).distinct().sorted();
    }

    @ParameterizedTest
    @MethodSource("partNames")
    void dependencies_ofPackage_followTheArrows(String name) {
        Set<String> forbidden = new TreeSet<>(partNames().toList());
        forbidden.remove(name);
        forbidden.removeAll(allowed(name));

        noClasses()
                .that(in(Set.of(name)))
                .should()
                .dependOnClassesThat(in(forbidden))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    /** Models and methods see the core alone; nothing sees programs but programs. */
    private static Set<String> allowed(String name) {
        Set<String> allowed = below(CORE, name);
        if (ADAPTERHUB.stream().anyMatch(line -> line.contains(name))) {
            allowed.addAll(below(ADAPTERHUB, name));
        }
        if (PROGRAMS.contains(name)) {
            allowed.addAll(partNames().toList());
        }
        return allowed;
    }

    /** Returns what is on the lines before the one with a name, or on all. */
    private static Set<String> below(List<Set<String>> lines, String name) {
        return lines.stream()
                .takeWhile(line -> !line.contains(name))
                .flatMap(Set::stream)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void classes_ofLibrary_areAbstractOrFinal() {
        classes()
                .that(DescribedPredicate.describe("are ordinary classes", ArchitectureTest::isOrdinary))
                .should()
                .haveModifier(JavaModifier.FINAL)
                .orShould()
                .haveModifier(JavaModifier.ABSTRACT)
                .check(CLASSES);
    }

    /** JMH extends the benchmarks. */
    private static boolean isOrdinary(JavaClass type) {
        return !type.isInterface()
                && !type.isEnum()
                && !type.isRecord()
                && !type.isAnonymousClass()
                && !type.isAnnotatedWith("org.openjdk.jmh.annotations.State");
    }

    @Test
    void packages_ofLibrary_areNullMarked() {
        List<String> unmarked = CLASSES.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(p -> p.tryGetPackageInfo()
                        .filter(info -> info.isAnnotatedWith(NullMarked.class))
                        .isEmpty())
                .map(JavaPackage::getName)
                .sorted()
                .toList();

        assertThat(unmarked).isEmpty();
    }

    /** DJL's conversions end the JVM on bfloat16, cut gradients, and sometimes return the same array. */
    @Test
    void conversionsOfDjl_outsideTheInterpreter_areNotUsed() {
        noClasses()
                .that(DescribedPredicate.describe(
                        "are not the interpreter",
                        type -> !CASTING.contains(outermost(type).getSimpleName())))
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        "NDArray.toType, toDevice or duplicate", ArchitectureTest::isConversion))
                .check(CLASSES);
    }

    private static boolean isConversion(JavaAccess<?> access) {
        AccessTarget target = access.getTarget();
        return target.getOwner().isAssignableTo(NDArray.class)
                && Set.of("toType", "toDevice", "duplicate").contains(target.getName());
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }

    private static DescribedPredicate<JavaClass> in(Set<String> names) {
        return DescribedPredicate.describe(
                "in " + names, type -> type.getPackageName().startsWith("io.peft4j.") && names.contains(part(type)));
    }

    /** Returns the name after {@code io.peft4j}. */
    private static String part(JavaClass type) {
        String[] names = type.getPackageName().split("\\.", -1);
        return names.length > 2 ? names[2] : "";
    }
}
