package io.peft4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of Hugging Face PEFT, whose results were noted by hand. */
class TargetModulesTest {

    private static final int LAYERS = 3;
    private static final List<String> IN_LAYER =
            List.of("attention.self.query", "attention.self.key", "attention.output.dense", "output.dense");

    private static List<AttachmentPoint> points() {
        List<AttachmentPoint> points = new ArrayList<>();
        points.add(
                new AttachmentPoint(AttachmentPoint.Kind.EMBEDDING, "bert.embeddings.word_embeddings", 50, 8, false));
        for (int layer = 0; layer < LAYERS; layer++) {
            for (String name : IN_LAYER) {
                points.add(linear("bert.encoder.layer.%d.%s".formatted(layer, name), false));
            }
            points.add(new AttachmentPoint(
                    AttachmentPoint.Kind.SUBLAYER, "bert.encoder.layer.%d".formatted(layer), 8, 8, false));
        }
        points.add(linear("bert.pooler.dense", false));
        points.add(linear("classifier", true));
        return points;
    }

    private static AttachmentPoint linear(String path, boolean head) {
        return new AttachmentPoint(AttachmentPoint.Kind.LINEAR, path, 8, 8, head);
    }

    private static List<String> resolve(TargetModules targets) {
        return targets.resolve(points()).stream().map(AttachmentPoint::path).toList();
    }

    @Test
    void resolve_lastName_matchesInEveryLayerInOrder() {
        assertThat(resolve(TargetModules.of(List.of("query"))))
                .containsExactly(
                        "bert.encoder.layer.0.attention.self.query",
                        "bert.encoder.layer.1.attention.self.query",
                        "bert.encoder.layer.2.attention.self.query");
    }

    @Test
    void resolve_suffixOfSeveralNames_matchesWholeNamesOnly() {
        assertThat(resolve(TargetModules.of(List.of("output.dense")))).hasSize(2 * LAYERS);
        assertThat(resolve(TargetModules.of(List.of("attention.output.dense")))).hasSize(LAYERS);
        assertThatThrownBy(() -> resolve(TargetModules.of(List.of("ense"))))
                .isInstanceOf(NoMatchingModuleException.class);
    }

    @Test
    void resolve_wholePath_matchesItself() {
        assertThat(resolve(TargetModules.of(List.of("bert.pooler.dense")))).containsExactly("bert.pooler.dense");
    }

    @Test
    void resolve_expression_matchesWholePaths() {
        assertThat(resolve(TargetModules.matching(".*layer\\.[01]\\..*(query|key)")))
                .hasSize(4);
        assertThat(resolve(TargetModules.matching(".*\\.(?P<layer>\\d)\\.attention\\.self\\.key")))
                .hasSize(LAYERS);
        assertThatThrownBy(() -> resolve(TargetModules.matching("query")))
                .isInstanceOf(NoMatchingModuleException.class);
    }

    @Test
    void resolve_allLinear_leavesOutHeadAndEmbeddings() {
        assertThat(resolve(TargetModules.allLinear()))
                .hasSize(LAYERS * IN_LAYER.size() + 1)
                .contains("bert.pooler.dense")
                .doesNotContain("classifier", "bert.embeddings.word_embeddings");
    }

    @Test
    void resolve_excluded_dropOut() {
        assertThat(resolve(TargetModules.of(List.of("dense")).excluding(List.of("pooler.dense"))))
                .hasSize(2 * LAYERS)
                .doesNotContain("bert.pooler.dense");
    }

    @Test
    void resolve_excludedExpression_matchesWholePaths() {
        TargetModules dense = TargetModules.of(List.of("dense"));
        assertThat(resolve(dense.excludingMatches(".*\\.(?P<layer>[01])\\..*|.*pooler.*")))
                .containsExactly("bert.encoder.layer.2.attention.output.dense", "bert.encoder.layer.2.output.dense");
        assertThat(resolve(dense.excludingMatches("pooler"))).isEqualTo(resolve(dense));
    }

    @Test
    void resolve_layersPattern_countsTheLayersOfItsModules() {
        List<AttachmentPoint> experts = List.of(
                linear("model.layers.0.experts.1.up", false),
                linear("model.layers.1.experts.0.up", false),
                linear("model.blocks.1.up", false));
        TargetModules up = TargetModules.of(List.of("up"));

        assertThat(up.inLayers(List.of(1), List.of("experts")).resolve(experts)).containsExactly(experts.get(0));
        assertThat(up.inLayers(List.of(1), List.of("layers")).resolve(experts)).containsExactly(experts.get(1));
        assertThat(up.inLayers(List.of(1), List.of("blocks", "layers")).resolve(experts))
                .containsExactly(experts.get(1), experts.get(2));
        assertThat(up.inLayers(List.of(1)).resolve(experts)).containsExactly(experts.get(1), experts.get(2));
    }

    @Test
    void resolve_layers_takesTheseOnly() {
        assertThat(resolve(TargetModules.of(List.of("query", "dense")).inLayers(List.of(0, 2))))
                .allMatch(path -> path.contains("layer.0.") || path.contains("layer.2."))
                .hasSize(2 * 3);
    }

    @ParameterizedTest
    @CsvSource({"qery, query", "keys, key", "dens, dense", "clasifier, classifier"})
    void resolve_misspelt_suggestsTheNearest(String written, String meant) {
        assertThatThrownBy(() -> resolve(TargetModules.of(List.of("query", written))))
                .isInstanceOf(NoMatchingModuleException.class)
                .hasMessageContaining("no module matches [%s]; did you mean %s?".formatted(written, meant))
                .hasMessageContaining("available: [classifier, dense, key, query, word_embeddings]");
    }

    @Test
    void resolve_layerThatIsNotThere_throws() {
        assertThatThrownBy(() -> resolve(TargetModules.of(List.of("query")).inLayers(List.of(7))))
                .isInstanceOf(NoMatchingModuleException.class)
                .hasMessageContaining("[query] in layers [7]");
    }

    @Test
    void of_wrongArguments_throw() {
        assertThatThrownBy(() -> TargetModules.of(List.of())).hasMessageContaining("at least one module");
        assertThatThrownBy(() -> TargetModules.matching("(query")).hasMessageContaining("target expression (query");
        assertThatThrownBy(() -> TargetModules.of(List.of("query")).inLayers(List.of(-1)))
                .hasMessageContaining("counted from 0: [-1]");
        assertThatThrownBy(() -> new TargetModules(List.of("a"), "b", List.of(), "", List.of(), List.of()))
                .hasMessageContaining("not both");
        assertThatThrownBy(() -> TargetModules.allLinear().excludingMatches("(a"))
                .hasMessageContaining("expression of modules to leave out (a");
        assertThatThrownBy(() -> TargetModules.of(List.of("query")).inLayers(List.of(), List.of("layer")))
                .hasMessageContaining("a layers pattern needs numbers of layers: [layer]");
    }

    /** Whatever the entries, a list matches the union of what each matches alone. */
    @Property(tries = 100)
    void resolve_list_isTheUnionOfItsEntries(@ForAll @NotEmpty Set<@IntRange(max = 3) Integer> chosen) {
        List<String> entries = chosen.stream().map(IN_LAYER::get).toList();
        Set<String> union = entries.stream()
                .flatMap(entry -> resolve(TargetModules.of(List.of(entry))).stream())
                .collect(Collectors.toSet());

        assertThat(resolve(TargetModules.of(entries))).containsExactlyInAnyOrderElementsOf(union);
    }

    /** Layers and exclusion only ever take away, and what is left is what the plain list has there. */
    @Property(tries = 100)
    void resolve_layersAndExclusion_areFilters(
            @ForAll @NotEmpty Set<@IntRange(max = LAYERS - 1) Integer> layers,
            @ForAll @IntRange(max = 1) int excluded) {
        TargetModules plain = TargetModules.of(List.of("query", "key"));
        String without = List.of("query", "key").get(excluded);
        List<String> expected = resolve(plain).stream()
                .filter(path -> !path.endsWith(without))
                .filter(path -> layers.contains(TargetModules.layerOf(path).orElseThrow()))
                .toList();

        TargetModules narrowed = TargetModules.of(List.of(without.equals("query") ? "key" : "query"))
                .excluding(List.of(without))
                .inLayers(List.copyOf(layers));
        assertThat(resolve(narrowed)).isEqualTo(expected);
    }
}
