#!/usr/bin/env python3
"""One run of a plain transformers.Trainer with PEFT's LoRA on a classification file, with their defaults; prints one JSON line.

    hf_epoch.py --base DIR --train train.tsv.gz --dev dev.tsv.gz [--epochs 1] [--rank 8] [--learning-rate 2e-3]

The counterpart is `peft4j finetune` with its defaults on the same files.
"""
import argparse, csv, gzip, json, time, warnings

warnings.filterwarnings("ignore")
begin = time.perf_counter()
import torch
import transformers as T
import peft as P

a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("--base", required=True)
a.add_argument("--train", required=True)
a.add_argument("--dev", required=True)
a.add_argument("--epochs", type=float, default=1)
a.add_argument("--rank", type=int, default=8)
a.add_argument("--learning-rate", type=float, default=2e-3)
a.add_argument("--batch-size", type=int, default=8, help="the Trainer's default")
a = a.parse_args()


def rows(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


train, dev = rows(a.train), rows(a.dev)
labels = sorted({r["label"] for r in train})
tokenizer = T.AutoTokenizer.from_pretrained(a.base)


def encode(data):
    return [dict(tokenizer(r["text"], truncation=True), labels=labels.index(r["label"])) for r in data]


model = T.AutoModelForSequenceClassification.from_pretrained(a.base, num_labels=len(labels))
model = P.get_peft_model(model, P.LoraConfig(task_type="SEQ_CLS", r=a.rank, lora_alpha=2 * a.rank, target_modules=["query", "value"]))
arguments = T.TrainingArguments(output_dir="/dev/shm/hf_epoch", num_train_epochs=a.epochs, learning_rate=a.learning_rate,
                                per_device_train_batch_size=a.batch_size, report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True)
trainer = T.Trainer(model=model, args=arguments, train_dataset=encode(train), eval_dataset=encode(dev), processing_class=tokenizer,
                    compute_metrics=lambda p: dict(accuracy=float((p.predictions.argmax(-1) == p.label_ids).mean())))
start = time.perf_counter()
trainer.train()
seconds = time.perf_counter() - start
metrics = trainer.evaluate()
print(json.dumps(dict(system="transformers.Trainer + peft " + P.__version__, train_seconds=round(seconds, 2), accuracy=metrics["eval_accuracy"],
                      wall_seconds=round(time.perf_counter() - begin, 2))))
