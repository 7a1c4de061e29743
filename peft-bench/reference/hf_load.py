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


times, before = [], resident_mb()
for _ in range(a.rounds):
    begin = time.perf_counter()
    model = T.AutoModel.from_pretrained(a.base, dtype=getattr(torch, a.dtype))
    times.append((time.perf_counter() - begin) * 1000)
after = resident_mb()
print(json.dumps(dict(system="transformers " + T.__version__, base=a.base, dtype=a.dtype, first_ms=round(times[0], 1),
                      median_ms=round(statistics.median(times[1:]), 1), resident_mb=round(after - before))))
