"""How far PEFT's weighted merges are from the weighted sum of the updates, in double precision.

    python lora_merges.py GOLDEN_FOLDER OUT_FOLDER

Makes two adapters over `bert/base` per setting, saves them under OUT_FOLDER, merges them with the weights 0.7 and -0.3 by each
rule of `add_weighted_adapter` that draws nothing at random, and prints the error relative to the sum, beside that of the best
update of the same rank.
"""
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")
import peft
import torch
import transformers

golden, out = sys.argv[1:3]
torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
TARGETS, WEIGHTS = ["query", "value"], [0.7, -0.3]


def modules(model):
    return [m for m in model.modules() if isinstance(m, peft.tuners.lora.Linear)]


def delta(module, name):
    a, b = module.lora_A[name].weight.double(), module.lora_B[name].weight.double()
    return b @ a * module.scaling[name]


settings = {
    "equal ranks and scalings": (dict(r=4, lora_alpha=8), dict(r=4, lora_alpha=8)),
    "scalings 2 and 0.5": (dict(r=4, lora_alpha=8), dict(r=4, lora_alpha=2)),
    "ranks 4 and 2": (dict(r=4, lora_alpha=8), dict(r=2, lora_alpha=8)),
    "rank-stabilised": (dict(r=4, lora_alpha=8, use_rslora=True), dict(r=4, lora_alpha=8, use_rslora=True)),
    "rank pattern": (dict(r=4, lora_alpha=8, rank_pattern={"value": 2}), dict(r=4, lora_alpha=8)),
}
print("| adapters | rule | PEFT | best of that rank |\n|---|---|---|---|")
for title, pair in settings.items():
    for rule, options, rank in (("linear", {}, None), ("cat", {}, None), ("svd", dict(svd_rank=8), 8), ("svd", dict(svd_rank=3), 3)):
        model = None
        for seed, (name, config) in enumerate(zip("AB", pair)):
            torch.manual_seed(seed)
            config = peft.LoraConfig(target_modules=TARGETS, **config)
            if model is None:
                base = transformers.BertForSequenceClassification.from_pretrained(golden + "/bert/base")
                model = peft.get_peft_model(base, config, adapter_name=name)
            else:
                model.add_adapter(name, config)
            with torch.no_grad():
                for module in modules(model):
                    module.lora_B[name].weight.normal_(0, 0.1)
        model.save_pretrained(Path(out, title.replace(" ", "-")))
        truth = [sum(w * delta(m, n) for w, n in zip(WEIGHTS, "AB")).detach() for m in modules(model)]
        try:
            model.add_weighted_adapter(["A", "B"], WEIGHTS, "merged", combination_type=rule, **options)
            lost = sum(((delta(m, "merged") - t) ** 2).sum() for m, t in zip(modules(model), truth)).item()
            all_ = sum((t**2).sum() for t in truth).item()
            error = f"{(lost / all_) ** 0.5:.1e}"
        except Exception as problem:
            error = type(problem).__name__
        best = ""
        if rank:
            tail = sum((torch.linalg.svdvals(t)[rank:] ** 2).sum() for t in truth).item()
            best = f"{(tail / all_) ** 0.5:.1e}"
        print(f"| {title} | {rule}{'' if rank is None else f', rank {rank}'} | {error} | {best} |", flush=True)
