package io.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.peft4j.adapter.Adapter;
import io.peft4j.adapter.AdapterFolder;
import io.peft4j.adapter.Selection;
import io.peft4j.io.SafeTensorsFile;
import io.peft4j.model.BaseModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The logits that Hugging Face PEFT computed in a case of a BERT. */
record GoldenLogits(Path golden) {

    /** Asserts that the case's base model gives them with the adapter of a folder. */
    void assertGivenBy(Path folder) throws IOException {
        try (BaseModel base = BaseModel.from(golden.resolveSibling("base")).load();
                Adapter adapter = AdapterFolder.open(folder).load(base);
                NDManager manager = base.newManager()) {
            SafeTensorsFile io = SafeTensorsFile.open(golden.resolve("io.safetensors"));
            NDArray ids = io.tensor(manager, "input_ids");
            Map<String, NDArray> inputs = Map.of(
                    "input_ids", ids,
                    "attention_mask", io.tensor(manager, "attention_mask"),
                    "token_type_ids", ids.zerosLike());
            float[] logits = Selection.of(adapter)
                    .forward(base, manager, inputs)
                    .get("logits")
                    .toFloatArray();
            assertThat(logits).containsExactly(io.tensor(manager, "logits").toFloatArray(), within(1e-5f));
        }
    }
}
