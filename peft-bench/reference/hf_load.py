#!/usr/bin/env python3
"""Times from_pretrained on a folder in Hugging Face layout, in a process that has imported everything; prints one JSON line.

    hf_load.py --base DIR [--dtype float32] [--rounds 7]
"""
import argparse, json, os, statistics, time, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T

T.logging.set_verbosity_error()
T.logging.disable_progress_bar()
a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("--base", required=True)
a.add_argument("--dtype", default="float32")
a.add_argument("--rounds", type=int, default=7)
a = a.parse_args()


def resident_mb():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmRSS"))


names = T.AutoConfig.from_pretrained(a.base).architectures or []
auto = T.AutoModelForCausalLM if any(n.endswith(("ForCausalLM", "LMHeadModel")) for n in names) else T.AutoModel
times, before = [], resident_mb()
for i in range(a.rounds):
    begin = time.perf_counter()
    model = auto.from_pretrained(a.base, dtype=getattr(torch, a.dtype))
    times.append((time.perf_counter() - begin) * 1000)
    if i == 0:
        after = resident_mb()
        with torch.inference_mode():
            model(torch.arange(10, 18).reshape(1, 8))
        used = resident_mb()
    del model
print(json.dumps(dict(system="transformers " + T.__version__, base=a.base, dtype=a.dtype, first_ms=round(times[0], 1),
                      median_ms=round(statistics.median(times[1:]), 1), resident_mb=round(after - before), resident_after_use_mb=round(used - before))))
