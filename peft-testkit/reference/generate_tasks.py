"""Writes golden cases of tasks and losses: what transformers computes when all of a model trains.

    python generate_tasks.py ../src/main/resources/golden/tasks

Made with transformers 5.18.0 and torch 2.13.0 on a CPU with one thread. `pairs` is the loss that sentence-transformers calls
MultipleNegativesRankingLoss: cosines of mean-pooled vectors times 20, cross-entropy against the text's own partner.

Gradients of key biases are left out: softmax does not see these biases, so their gradients are rounding errors, of which
AdamW makes whole steps. For the same reason there are no logits after training.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as t
from safetensors.torch import save_file

STEPS, LEARNING_RATE, WEIGHT_DECAY, MAX_NORM = 3, 1e-2, 0.1, 1.0
VOCABULARY, ROWS, LENGTH = 67, 3, 11
BERT = dict(vocab_size=VOCABULARY, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
            max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            initializer_range=0.2)
T5 = dict(vocab_size=VOCABULARY, d_model=24, d_kv=8, d_ff=40, num_layers=2, num_heads=3, dropout_rate=0.0,
          decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, initializer_factor=0.8)


def batch(generator):
    ids = torch.randint(3, VOCABULARY, (ROWS, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    mask[2, 5:] = 0
    return dict(input_ids=ids, attention_mask=mask)


def train(model, inputs, compute, folder, keep_loss=False):
    """Saves the model, and what it computes before and after three steps."""
    model.save_pretrained(folder / "base")
    tensors = dict(inputs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for step in range(STEPS):
        logits, loss = compute(model)
        loss.backward()
        if step == 0:
            tensors["logits"], tensors["loss"] = logits.detach(), loss.detach().reshape(1)
            for name, p in model.named_parameters():
                if p.grad is not None and not name.endswith("key.bias"):
                    tensors["grad.base_model.model." + name] = p.grad.clone()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
        optimizer.step()
        optimizer.zero_grad()
    if keep_loss:
        tensors["loss_after3"] = compute(model)[1].reshape(1)
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items() if v is not None}, folder / "io.safetensors")


def with_labels(model, inputs, labels, folder):
    inputs = dict(inputs, labels=labels)

    def compute(model):
        output = model(**inputs)
        return output.logits, output.loss

    train(model, inputs, compute, folder)


def pairs(model, generator, folder):
    """Rows 0, 2, 4 are anchors, the row behind each its partner."""
    ids = torch.randint(3, VOCABULARY, (6, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    mask[4, 5:] = 0
    inputs = dict(input_ids=ids, attention_mask=mask)

    def compute(model):
        hidden = model(**inputs).last_hidden_state
        shown = mask.unsqueeze(-1).float()
        vectors = torch.nn.functional.normalize((hidden * shown).sum(1) / shown.sum(1), dim=-1)
        scores = 20 * vectors[0::2] @ vectors[1::2].T
        return scores, torch.nn.functional.cross_entropy(scores, torch.arange(3))

    train(model, inputs, compute, folder, keep_loss=True)


def main():
    out = Path(sys.argv[1])
    torch.set_num_threads(1)
    t.logging.set_verbosity_error()
    g = torch.Generator().manual_seed(5)
    inputs = batch(g)
    torch.manual_seed(4)
    model = t.BertForSequenceClassification(
        t.BertConfig(**BERT, num_labels=4, problem_type="multi_label_classification"))
    with_labels(model.train(), inputs, torch.tensor([[0.0, 1, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0]]), out / "bert_multi")
    model = t.BertForSequenceClassification(t.BertConfig(**BERT, num_labels=1))
    with_labels(model.train(), inputs, torch.tensor([0.5, -1.25, 2.0]), out / "bert_number")
    model = t.BertForSequenceClassification(t.BertConfig(**BERT, num_labels=2, problem_type="regression"))
    with_labels(model.train(), inputs, torch.tensor([[0.5, 3], [-1.25, 0.1], [2.0, -1]]), out / "bert_numbers")
    model = t.T5ForTokenClassification(t.T5Config(**T5, num_labels=3))
    tags = torch.randint(0, 3, (ROWS, LENGTH), generator=g)
    tags[inputs["attention_mask"] == 0] = -100
    with_labels(model.train(), inputs, tags, out / "t5_tags")
    model = t.T5ForConditionalGeneration(t.T5Config(**T5, feed_forward_proj="relu"))
    targets = torch.randint(3, VOCABULARY, (ROWS, 7), generator=g)
    targets[1, 5:] = -100
    with_labels(model.train(), inputs, targets, out / "t5_full")
    pairs(t.BertModel(t.BertConfig(**BERT), add_pooling_layer=False).train(), g, out / "bert_pairs")
    model = t.T5ForSequenceClassification(t.T5Config(**T5, num_labels=3, classifier_dropout=0.0))
    ends = inputs["attention_mask"].sum(1) - 1
    ended = dict(inputs, input_ids=inputs["input_ids"].scatter(1, ends.unsqueeze(1), 1))
    ended["input_ids"][ended["attention_mask"] == 0] = 0
    with_labels(model.train(), ended, torch.tensor([0, 2, 1]), out / "t5_texts")
    for path in out.rglob("generation_config.json"):
        path.unlink()


main()
