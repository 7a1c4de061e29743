"""Shows that Hugging Face PEFT computes with adapters that PEFT4J converted what AdapterHub computed with the originals.

    python conversion_reads.py BASE_FOLDER CONVERTED_FOLDER CASE.safetensors

`peft4j convert --base BASE --adapter DIR --out CONVERTED_FOLDER` made the folder; the case holds inputs and logits of the
original, as those of AdapterHub in `src/main/resources/golden` do. For the other direction `adapterhub_reads.py … logits` does the same.
"""
import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import peft
import torch
import transformers
from safetensors.torch import load_file

base, folder, case = sys.argv[1:4]
torch.set_num_threads(1)
expected = load_file(case)
name = json.loads(Path(base, "config.json").read_text())["architectures"][0]
model = getattr(transformers, name).from_pretrained(base, attn_implementation="eager")
model = peft.PeftModel.from_pretrained(model, folder).eval()
with torch.no_grad():
    logits = model(input_ids=expected["input_ids"], attention_mask=expected["attention_mask"]).logits
largest = (logits - expected["logits"]).abs().max() / expected["logits"].abs().max()
print(f"{folder}: relative difference {largest:.2e}")
assert largest < 1e-5, largest
