"""Makes golden cases of prompts and prefixes under padding on the left with Hugging Face PEFT, in the folders of their adapters.

    python left_padding.py GOLDEN_FOLDER        # the folder that holds bert/base, bert/prompt, ...

Each `left.safetensors` has the rows of `io.safetensors` with the padding before the text, and what PEFT computes of them before
training. PEFT counts positions over the padding, which stands between the learned tokens and the text.
"""
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

CASES = ["bert/prompt", "bert/prefix", "roberta/prompt", "gpt2/prompt", "gpt2/prefix", "llama/prompt", "llama/prefix"]


def rolled(rows, mask):
    moved = rows.clone()
    for row in range(rows.shape[0]):
        moved[row] = rows[row].roll(rows.shape[1] - int(mask[row].sum()))
    return moved


def main(golden):
    for case in CASES:
        base = f"{golden}/{case.split('/')[0]}/base"
        io = load_file(f"{golden}/{case}/io.safetensors")
        mask = io["attention_mask"]
        labels = io["labels"] if io["labels"].dim() == 1 else rolled(io["labels"], mask)
        inputs = {"input_ids": rolled(io["input_ids"], mask), "attention_mask": rolled(mask, mask), "labels": labels}
        config = transformers.AutoConfig.from_pretrained(base)
        model = getattr(transformers, config.architectures[0]).from_pretrained(base)
        model = peft.PeftModel.from_pretrained(model, f"{golden}/{case}").eval()
        with torch.no_grad():
            output = model(**inputs)
        outputs = {"logits": output.logits, "loss": output.loss.reshape(1)}
        tensors = {name: value.contiguous() for name, value in (inputs | outputs).items()}
        save_file(tensors, f"{golden}/{case}/left.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
