"""Loads prompts and prefixes that PEFT4J saved after three steps into Hugging Face PEFT, and compares the logits.

    python prompt_reads.py GOLDEN_FOLDER SAVED_FOLDER

SAVED_FOLDER has for each MODEL/CASE what `peft4j parity --base GOLDEN/MODEL/base --adapter GOLDEN/MODEL/CASE --case
GOLDEN/MODEL/CASE/io.safetensors --save-adapter SAVED/MODEL/CASE --out SAVED/MODEL/CASE/computed.safetensors` wrote. The
settings and the names of the tensors are compared with those that PEFT wrote too.
"""
import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import peft
import torch
import transformers
from safetensors.torch import load_file

FREE = {"base_model_name_or_path", "modules_to_save"}


def main():
    golden, saved = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    worst = 0.0
    for file in sorted(saved.glob("*/*/computed.safetensors")):
        folder = file.parent
        original = golden / folder.relative_to(saved)
        base = original.parent / "base"
        config = transformers.AutoConfig.from_pretrained(base)
        model = getattr(transformers, config.architectures[0]).from_pretrained(base)
        model = peft.PeftModel.from_pretrained(model, folder).eval()
        computed, case = load_file(file), load_file(original / "io.safetensors")
        inputs = {k: case[k] for k in ("input_ids", "attention_mask", "task_ids") if k in case}
        with torch.no_grad():
            logits = model(**inputs).logits
        largest = computed["logits_after3"].abs().max()
        difference = ((logits - computed["logits_after3"]).abs().max() / largest).item()
        moved = ((computed["logits"] - computed["logits_after3"]).abs().max() / largest).item()
        ours, theirs = (json.loads((f / "adapter_config.json").read_text()) for f in (folder, original))
        fields = sorted(k for k in ours.keys() | theirs.keys()
                        if k not in FREE and ours.get(k, "absent") != theirs.get(k, "absent"))
        names = load_file(folder / "adapter_model.safetensors").keys() ^ load_file(
            original / "trained" / "adapter_model.safetensors").keys()
        print(f"{folder.relative_to(saved)}: difference {difference:.2e}, moved by {moved:.2f}, "
              f"fields that differ {fields}, names that differ {sorted(names)}")
        worst = max(worst, difference)
    print(f"largest difference {worst:.2e}")
    sys.exit(0 if worst < 1e-4 else 1)


if __name__ == "__main__":
    main()
