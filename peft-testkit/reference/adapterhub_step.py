#!/usr/bin/env python3
"""One training-step measurement of AdapterHub's adapters, printed as one JSON line.

The counterpart of `peft-bench.jar step` with the same shapes, options and keys. The model has random weights, so nothing is
downloaded. A step is forward, backward, clipping by global norm 1.0, AdamW; dropout is 0 so that losses can be compared. The
adapter has the model's type, as AdapterHub requires, and the classifier trains beside it.

    adapterhub_step.py --model bert-base --method seq_bn --batch 8 --seq 128 --dtype float32 --steps 10
"""

import argparse
import json
import os
import statistics
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import huggingface_hub

if not hasattr(huggingface_hub, "HfFolder"):
    # Newer versions have no such class, and adapters imports it.
    huggingface_hub.HfFolder = type("HfFolder", (), {"get_token": staticmethod(lambda: None)})

import adapters
import torch
import transformers

SHAPES = {
    "minilm": dict(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536),
    "bert-base": {},
}
METHODS = ["seq_bn", "double_seq_bn", "par_bn", "scaled_par_bn", "compacter", "compacter++", "lora", "ia3", "full", "forward"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="bert-base", choices=sorted(SHAPES))
    parser.add_argument("--method", default="seq_bn", choices=METHODS)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seq", type=int, default=128)
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def build(a):
    config = transformers.BertConfig(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **SHAPES[a.model])
    config._attn_implementation = a.attention
    model = transformers.BertForSequenceClassification(config)
    if a.method == "forward":
        model.requires_grad_(False)
    elif a.method != "full":
        adapters.init(model)
        model.add_adapter("task", config=a.method)
        model.train_adapter("task")
    return model.to(getattr(torch, a.dtype)).train()


def peak_rss_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    begin = time.perf_counter()
    model = build(a)
    ready = time.perf_counter() - begin
    random = torch.Generator().manual_seed(a.seed)
    ids = torch.randint(10, model.config.vocab_size, (a.batch, a.seq), generator=random)
    labels = torch.randint(0, 2, (a.batch,), generator=random)
    batch = dict(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3) if trained else None
    times, losses = [], []
    for step in range(a.warmup + a.steps):
        start = time.perf_counter()
        if optimizer is None:
            with torch.no_grad():
                loss = model(**batch).loss
        else:
            loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
        losses.append(float(loss))
        if step >= a.warmup:
            times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(dict(
        system="adapters " + adapters.__version__, **vars(a),
        median_ms=round(statistics.median(times), 2), min_ms=round(min(times), 2),
        trainable=sum(p.numel() for p in trained), total=sum(p.numel() for p in model.parameters()),
        build_s=round(ready, 2), peak_rss_mb=round(peak_rss_mb()), first_loss=losses[0], last_loss=losses[-1])))


if __name__ == "__main__":
    main()
