"""Shows that Hugging Face PEFT computes with adapters that PEFT4J wrote what PEFT4J computed, for the whole LoRA family.

    python lora_reads.py GOLDEN_FOLDER WRITTEN_FOLDER

GOLDEN_FOLDER is that of the cases (`golden/hf`); WRITTEN_FOLDER has for each MODEL/CASE what this wrote, three steps on:

    peft4j parity --base GOLDEN/MODEL/base --adapter GOLDEN/MODEL/CASE --case GOLDEN/MODEL/CASE/io.safetensors \\
        --save-adapter WRITTEN/MODEL/CASE/adapter --out WRITTEN/MODEL/CASE/computed.safetensors

Tensors that PEFT misses in a folder or does not expect there fail. Prints a table; needs torch, transformers, peft.
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

golden, written = Path(sys.argv[1]), Path(sys.argv[2])
torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
worst = 0
print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}\n")
print("| model | case | largest relative difference | moved by training |\n|---|---|---|---|")
for folder in sorted(path.parent for path in written.glob("*/*/adapter")):
    model, case = folder.parts[-2:]
    name = json.loads((golden / model / "base/config.json").read_text())["architectures"][0]
    base = getattr(transformers, name).from_pretrained(golden / model / "base", attn_implementation="eager").eval()
    inputs = load_file(golden / model / case / "io.safetensors")
    computed = load_file(folder / "computed.safetensors")
    adapted = peft.PeftModel.from_pretrained(base, folder / "adapter").eval()
    expected = {k.removeprefix("base_model.model.") for k in peft.get_peft_model_state_dict(adapted)}
    stored = {k.removeprefix("base_model.model.") for k in load_file(folder / "adapter/adapter_model.safetensors")}
    # The unchanged embedding that PEFT saves beside a LoRA on it, which only tells what the base model was.
    unknown = (expected ^ stored) - {k for k in expected if k.endswith("base_layer.weight")}
    arguments = {k: inputs[k] for k in ("input_ids", "attention_mask")}
    with torch.no_grad():
        logits = adapted(**arguments).logits
    largest = logits.abs().max()
    difference = ((logits - computed["logits_after3"]).abs().max() / largest).item()
    moved = ((computed["logits"] - computed["logits_after3"]).abs().max() / largest).item()
    worst = max(worst, difference)
    print(f"| {model} | {case} | {difference:.1e} | {moved:.2f} |{' DIFFERING TENSORS: ' + str(unknown) if unknown else ''}")
    if unknown or difference > 1e-4:
        worst = float("inf")
print(f"\nlargest: {worst:.1e}")
sys.exit(worst > 1e-4)
