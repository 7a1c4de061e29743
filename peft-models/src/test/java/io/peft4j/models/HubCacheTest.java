package io.peft4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubCacheTest {

    @TempDir
    private Path hub;

    @Test
    void find_referenceToMain_isFollowed() throws IOException {
        Path wanted = snapshot("org/model", "aaa");
        snapshot("org/model", "bbb");
        reference("org/model", "main", "aaa\n");

        assertThat(HubCache.find("org/model", hub)).isEqualTo(wanted);
        assertThat(HubCache.find("org/model@main", hub)).isEqualTo(wanted);
    }

    @Test
    void find_revision_isAReferenceOrACommit() throws IOException {
        Path first = snapshot("model", "aaa");
        Path second = snapshot("model", "bbb");
        reference("model", "v1.0", "bbb");
        reference("model", "refs/pr/1", "aaa");

        assertThat(HubCache.find("model@v1.0", hub)).isEqualTo(second);
        assertThat(HubCache.find("model@refs/pr/1", hub)).isEqualTo(first);
        assertThat(HubCache.find("model@aaa", hub)).isEqualTo(first);
    }

    @Test
    void find_onlyRevisionWithoutReference_isTaken() throws IOException {
        Path only = snapshot("model", "aaa");

        assertThat(HubCache.find("model", hub)).isEqualTo(only);
    }

    @Test
    void find_severalRevisionsWithoutReference_asksForOne() throws IOException {
        snapshot("model", "aaa");
        snapshot("model", "bbb");

        assertMissing("model", "has 2 revisions and no refs/main; name one as in NAME@REVISION");
    }

    @Test
    void find_referenceToWhatIsNotThere_saysWhatIs() throws IOException {
        snapshot("model", "aaa");
        reference("model", "main", "ccc");

        assertMissing("model", "revision ccc is not among [aaa]; download it there first");
        assertMissing("model@bbb", "revision bbb is not among [aaa]");
    }

    @Test
    void find_unknownModel_saysWhereItLooked() {
        assertMissing("org/other", "neither a folder nor a model in %s; download it there first".formatted(hub));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../model", "a/../model", "model/..", "/model", "a/b/model", "model@../aaa", "model@/aaa", ""})
    void find_wayOutOfTheCache_isRefused(String name) throws IOException {
        snapshot("model", "aaa");

        assertThatThrownBy(() -> HubCache.find(name, hub)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void find_referenceOutOfTheCache_isRefused() throws IOException {
        snapshot("model", "aaa");
        reference("model", "main", "../..");

        assertMissing("model", "revision ../.. is not among [aaa]");
    }

    @Test
    void hub_environment_decidesAsHuggingFaceDoes() {
        assertThat(HubCache.hub(Map.of("HF_HUB_CACHE", "/a", "HF_HOME", "/b"))).isEqualTo(Path.of("/a"));
        assertThat(HubCache.hub(Map.of("HF_HUB_CACHE", "", "HF_HOME", "/b"))).isEqualTo(Path.of("/b/hub"));
        assertThat(HubCache.hub(Map.of("HUGGINGFACE_HUB_CACHE", "/c", "HF_HOME", "/b")))
                .isEqualTo(Path.of("/c"));
        assertThat(HubCache.hub(Map.of("XDG_CACHE_HOME", "/d"))).isEqualTo(Path.of("/d/huggingface/hub"));
        assertThat(HubCache.hub(Map.of()))
                .isEqualTo(Path.of(System.getProperty("user.home"), ".cache/huggingface/hub"));
    }

    private void assertMissing(String name, String reason) {
        assertThatThrownBy(() -> HubCache.find(name, hub))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(reason);
    }

    private Path snapshot(String name, String commit) throws IOException {
        return Files.createDirectories(folder(name).resolve("snapshots").resolve(commit));
    }

    private void reference(String name, String revision, String commit) throws IOException {
        Path file = folder(name).resolve("refs").resolve(revision);
        Files.createDirectories(file.getParent());
        Files.writeString(file, commit);
    }

    private Path folder(String name) {
        return hub.resolve("models--" + name.replace("/", "--"));
    }
}
