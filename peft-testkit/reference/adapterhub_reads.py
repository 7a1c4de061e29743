"""Shows that AdapterHub computes with adapters that PEFT4J wrote what PEFT4J computed.

    python adapterhub_reads.py BASE_FOLDER ADAPTER_FOLDER CASE.safetensors [logits_after3]

The adapter is that after the steps of a case, as `peft4j parity … --clip-norm inf --save-adapter ADAPTER_FOLDER` writes
it. Both file forms are loaded, missing or unexpected tensors fail, and the logits must be those of the case.
Needs torch, transformers 4.57, adapters 1.2, safetensors.
"""
import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import adapters
import torch
import transformers
from safetensors.torch import load_file

base, folder, case = sys.argv[1:4]
quantity = sys.argv[4] if len(sys.argv) > 4 else "logits_after3"
torch.set_num_threads(1)
expected = load_file(case)
name = json.loads(Path(folder, "adapter_config.json").read_text())["model_class"]
for safe in (False, True):
    model = getattr(transformers, name).from_pretrained(base, attn_implementation="eager").eval()
    adapters.init(model)
    info = {}
    loaded = model.load_adapter(folder, use_safetensors=safe, loading_info=info)
    assert not info.get("missing_keys"), info
    assert not info.get("unexpected_keys"), info
    model.set_active_adapters(loaded)
    with torch.no_grad():
        # Encoder-decoders make the target's tokens from labels.
        given = ["input_ids", "attention_mask"] + (["labels"] if model.config.is_encoder_decoder else [])
        logits = model(**{name: expected[name] for name in given}).logits
    largest = (logits - expected[quantity]).abs().max() / expected[quantity].abs().max()
    print(f"{'safetensors' if safe else 'bin':12} {folder}: relative difference {largest:.2e}")
    assert largest < 1e-3, largest
