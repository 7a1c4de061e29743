#!/usr/bin/env python3
"""Writes a LoRA adapter with PEFT, with what it computes, or checks that PEFT computes the same with a folder of PEFT4J.

    interop.py write --base DIR --out DIR [--rank 4] [--targets query,value] [--seed 1]
    interop.py check --base DIR --adapter DIR --case io.safetensors --computed computed.safetensors [--tolerance 1e-4]
"""
import argparse, json, sys, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T
import peft as P
from safetensors.torch import load_file, save_file

T.logging.set_verbosity_error()
T.logging.disable_progress_bar()
a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("verb", choices=["write", "check"])
a.add_argument("--base", required=True)
a.add_argument("--out")
a.add_argument("--rank", type=int, default=4)
a.add_argument("--targets", default="query,value")
a.add_argument("--seed", type=int, default=1)
a.add_argument("--adapter")
a.add_argument("--case")
a.add_argument("--computed")
a.add_argument("--tolerance", type=float, default=1e-4)
a = a.parse_args()

torch.manual_seed(a.seed)
torch.set_num_threads(1)
base = T.AutoModelForSequenceClassification.from_pretrained(a.base, attn_implementation="eager").eval()


def batch(case):
    return dict(input_ids=case["input_ids"], attention_mask=case["attention_mask"], labels=case["labels"])


def write():
    vocabulary, labels = base.config.vocab_size, base.config.num_labels
    model = P.get_peft_model(base, P.LoraConfig(task_type="SEQ_CLS", r=a.rank, lora_alpha=2 * a.rank,
                                                target_modules=a.targets.split(","))).eval()
    with torch.no_grad():
        for p in model.parameters():
            if p.requires_grad:
                p += 0.1 * torch.randn_like(p)
    mask = torch.ones(4, 13, dtype=torch.long)
    mask[1, 7:] = mask[3, 3:] = 0
    case = dict(input_ids=torch.randint(1, vocabulary, (4, 13)) * mask, attention_mask=mask,
                labels=torch.randint(0, labels, (4,)))
    model.save_pretrained(a.out)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-2, weight_decay=0.1)
    expected = {}
    for step in range(4):
        result = model(**batch(case))
        if step % 3 == 0:
            suffix = "_after3" if step else ""
            expected |= {"logits" + suffix: result.logits.detach().clone(), "loss" + suffix: result.loss.detach().reshape(1)}
        optimizer.zero_grad()
        result.loss.backward()
        if step == 0:
            expected |= {"grad." + n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
    save_file(case | expected, a.out + "/io.safetensors")


def check():
    case, computed = load_file(a.case), load_file(a.computed)
    model = P.PeftModel.from_pretrained(base, a.adapter).eval()
    with torch.no_grad():
        logits = model(**batch(case)).logits
    difference = ((logits - computed["logits_after3"]).abs().max() / logits.abs().max()).item()
    moved = ((computed["logits"] - computed["logits_after3"]).abs().max() / logits.abs().max()).item()
    print(json.dumps(dict(peft=P.__version__, relative_difference=difference, moved_by_training=moved)))
    sys.exit(0 if difference < a.tolerance else 1)


write() if a.verb == "write" else check()
