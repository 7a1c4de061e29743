"""Writes what sentence-transformers makes of a text's hidden states in each of its ways, and folders as it saves them.

    python pooling_cases.py ../src/main/resources/golden/tasks

Made with sentence-transformers 6.0.1, transformers 5.18.0 and torch 2.13.0. The model is that of `bert_pairs`.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as t
from safetensors.torch import load_file, save_file
from sentence_transformers.sentence_transformer.modules.pooling import Pooling


def main():
    folder = Path(sys.argv[1]) / "bert_pairs"
    torch.set_num_threads(1)
    model = t.BertModel.from_pretrained(folder / "base", add_pooling_layer=False).eval()
    case = load_file(folder / "io.safetensors")
    inputs = {name: case[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state
        tensors = dict(inputs)
        for mode in Pooling.POOLING_MODES:
            features = dict(token_embeddings=hidden, attention_mask=inputs["attention_mask"])
            tensors["pooled." + mode] = Pooling(hidden.size(-1), mode)(features)["sentence_embedding"]
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "pooling.safetensors")


main()
