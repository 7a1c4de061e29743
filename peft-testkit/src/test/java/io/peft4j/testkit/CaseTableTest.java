package io.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseTableTest {

    @TempDir
    private Path root;

    @Test
    void markdown_folders_countsCasesByModelAndMethod() throws IOException {
        write("hf/a/base/config.json", "{\"architectures\": [\"AForX\"]}");
        write("hf/a/lora/adapter_config.json", "{\"peft_type\": \"LORA\"}");
        write("hf/a/lora_all/adapter_config.json", "{\"peft_type\": \"LORA\"}");
        write("hf/b/base/config.json", "{\"architectures\": [\"BForY\"]}");
        write("hf/b/bn/adapter_config.json", "{\"config\": {\"reduction_factor\": 2}}");
        write("tasks/b/base/config.json", "{\"architectures\": [\"BForY\"]}");
        write("tasks/b/io.safetensors", "");
        write("tasks/b/base_io.safetensors", "");

        assertThat(CaseTable.of(root).markdown())
                .isEqualTo(
                        """
                        | model and task | bottleneck | full | lora | none |
                        | --- | --- | --- | --- | --- |
                        | AForX |  |  | 2 |  |
                        | BForY | 1 | 1 |  | 1 |

                        **AForX**
                        - lora: hf/a/lora, hf/a/lora_all

                        **BForY**
                        - bottleneck: hf/b/bn
                        - full: tasks/b
                        - none: tasks/b
                        """);
    }

    @Test
    void page_goldenCases_isTheOneInTheDocumentation() throws IOException {
        assertThat(Files.readString(Path.of("../docs/results/matrix.md")))
                .as("run io.peft4j.testkit.CaseTable after a change of the golden cases")
                .isEqualTo(CaseTable.page());
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
