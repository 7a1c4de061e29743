#!/usr/bin/env python3
"""Times greedy generation with transformers and prints one JSON line: the counterpart of `peft-bench.jar generate`.

    hf_generate.py --model FOLDER [--dtype float32] [--batch 1] [--prompt 32] [--new-tokens 64] [--rounds 5] [--threads 2]

FOLDER is what `peft-bench.jar generate` has written for a shape, so that both have the same weights.
"""
import argparse, json, os, statistics, time, warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers as T

T.logging.set_verbosity_error()
T.logging.disable_progress_bar()
a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("--model", required=True)
a.add_argument("--dtype", default="float32")
a.add_argument("--batch", type=int, default=1)
a.add_argument("--prompt", type=int, default=32)
a.add_argument("--new-tokens", type=int, default=64)
a.add_argument("--rounds", type=int, default=5)
a.add_argument("--warmup", type=int, default=2)
a.add_argument("--threads", type=int, default=os.cpu_count())
a.add_argument("--seed", type=int, default=1)
a = a.parse_args()

torch.set_num_threads(a.threads)
model = T.AutoModelForCausalLM.from_pretrained(a.model, dtype=getattr(torch, a.dtype)).eval()
model.generation_config.eos_token_id = None  # every text gets all its tokens
vocabulary = model.config.vocab_size
ids = torch.tensor([[10 + (31 * row + 7 * i + a.seed) % (vocabulary - 10) for i in range(a.prompt)] for row in range(a.batch)])
options = dict(attention_mask=torch.ones_like(ids), do_sample=False, min_new_tokens=a.new_tokens, max_new_tokens=a.new_tokens,
               pad_token_id=0)
rates = []
with torch.inference_mode():
    for i in range(a.warmup + a.rounds):
        begin = time.perf_counter()
        texts = model.generate(ids, **options)
        if i >= a.warmup:
            rates.append(a.batch * a.new_tokens / (time.perf_counter() - begin))
assert texts.shape[1] == a.prompt + a.new_tokens
with open("/proc/self/status") as f:
    peak = next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmHWM"))
print(json.dumps(dict(system="transformers " + T.__version__, model=a.model, dtype=a.dtype, batch=a.batch, prompt=a.prompt,
                      new_tokens=a.new_tokens, tokens_per_s=round(statistics.median(rates), 2),
                      best_tokens_per_s=round(max(rates), 2), peak_rss_mb=peak, first_tokens=texts[0, a.prompt:a.prompt + 8].tolist())))
