package io.peft4j.models.minilm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class CacheFolderTest {

    @Test
    void choose_property_comesFirst() {
        assertThat(CacheFolder.choose("/p", "/v", "/x", "ada")).isEqualTo(Path.of("/p"));
    }

    @Test
    void choose_variable_comesSecond() {
        assertThat(CacheFolder.choose(null, "/v", "/x", "ada")).isEqualTo(Path.of("/v"));
    }

    @Test
    void choose_xdgCacheHome_comesThirdWithAFolderOfItsOwn() {
        assertThat(CacheFolder.choose(null, "", "/x", "ada")).isEqualTo(Path.of("/x/peft4j"));
    }

    @Test
    void choose_nothingSet_isInTheHomeFolder() {
        assertThat(CacheFolder.choose(" ", null, "", "ada")).isEqualTo(Path.of("ada/.cache/peft4j"));
    }
}
