#!/usr/bin/env python3
"""Base models with PEFT adapters, and whether transformers reads what PEFT4J merges of them and computes the same.

    merged_reads.py write OUT            base models, adapters, and the logits of both together, before merging
    peft4j merge --base OUT/CASE/base --adapter OUT/CASE/adapter --out OUT/CASE/merged      for each CASE
    merged_reads.py check OUT [--markdown]

Both verbs run with any transformers from 4.57 on; `check` with several of them.
"""
import os, sys, warnings

warnings.filterwarnings("ignore")
import torch
import transformers as T
from safetensors.torch import load_file, save_file

T.logging.set_verbosity_error()
T.logging.disable_progress_bar()
torch.set_num_threads(1)

SIZES = dict(vocab_size=101, pad_token_id=0, initializer_range=.2)
BERT = dict(SIZES, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=72, num_labels=3,
            max_position_embeddings=64, hidden_dropout_prob=0, attention_probs_dropout_prob=0)
LLAMA = dict(SIZES, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
             intermediate_size=72, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
GPT2 = dict(SIZES, n_embd=48, n_layer=3, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2)
T5 = dict(vocab_size=101, d_model=48, d_kv=10, d_ff=72, num_layers=3, num_decoder_layers=2, num_heads=4, dropout_rate=0,
          relative_attention_num_buckets=8, relative_attention_max_distance=20, decoder_start_token_id=0, pad_token_id=0,
          eos_token_id=1)
ENCODER, LAYERS = ["query", "key", "value", "dense"], ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"]
BLOCKS, CONV = ["q", "v", "o", "wi", "wi_0", "wo"], ["c_attn", "c_proj", "c_fc"]

# name: class, configuration, targets, modules that are saved as a whole
CASES = {
    "bert": ("BertForSequenceClassification", T.BertConfig(**BERT), ENCODER, ["classifier"]),
    "bert_tokens": ("BertForTokenClassification", T.BertConfig(**BERT), ENCODER, ["classifier"]),
    "roberta": ("RobertaForSequenceClassification", T.RobertaConfig(**dict(BERT, pad_token_id=1)),
                ["query", "value", "intermediate.dense"], ["classifier"]),
    "distilbert": ("DistilBertForSequenceClassification",
                   T.DistilBertConfig(**SIZES, dim=48, n_layers=3, n_heads=4, hidden_dim=72, num_labels=3,
                                      max_position_embeddings=64, dropout=0, attention_dropout=0),
                   ["q_lin", "v_lin", "lin1"], ["pre_classifier", "classifier"]),
    "gpt2": ("GPT2LMHeadModel", T.GPT2Config(**GPT2), CONV, []),
    "gpt2_head": ("GPT2LMHeadModel", T.GPT2Config(**GPT2), CONV, ["lm_head"]),
    "gpt2_words": ("GPT2LMHeadModel", T.GPT2Config(**GPT2), CONV + ["wte"], []),
    "gpt2_texts": ("GPT2ForSequenceClassification", T.GPT2Config(**GPT2, num_labels=3), CONV, ["score"]),
    "llama": ("LlamaForCausalLM", T.LlamaConfig(**LLAMA), LAYERS, []),
    "llama_tied": ("LlamaForCausalLM", T.LlamaConfig(**LLAMA, tie_word_embeddings=True), LAYERS, []),
    "llama_tied_head": ("LlamaForCausalLM", T.LlamaConfig(**LLAMA, tie_word_embeddings=True), LAYERS, ["lm_head"]),
    "llama_tied_words": ("LlamaForCausalLM", T.LlamaConfig(**LLAMA, tie_word_embeddings=True),
                         LAYERS + ["embed_tokens"], []),
    "mistral": ("MistralForCausalLM", T.MistralConfig(**LLAMA, sliding_window=7), LAYERS, []),
    "qwen2": ("Qwen2ForCausalLM", T.Qwen2Config(**LLAMA, tie_word_embeddings=True), LAYERS, []),
    "qwen3": ("Qwen3ForCausalLM", T.Qwen3Config(**LLAMA, head_dim=10), LAYERS, []),
    "t5": ("T5ForConditionalGeneration", T.T5Config(**T5, feed_forward_proj="relu"), BLOCKS, []),
    "t5_head": ("T5ForConditionalGeneration", T.T5Config(**T5, feed_forward_proj="relu"), BLOCKS, ["lm_head"]),
    "t5_untied": ("T5ForConditionalGeneration",
                  T.T5Config(**T5, feed_forward_proj="relu", tie_word_embeddings=False), BLOCKS, []),
    "t5_1_1": ("T5ForConditionalGeneration",
               T.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False), BLOCKS, []),
    "t5_1_1_head": ("T5ForConditionalGeneration",
                    T.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False), BLOCKS, ["lm_head"]),
}
TASKS = {"SequenceClassification": "SEQ_CLS", "TokenClassification": "TOKEN_CLS"}


def write(out):
    import peft as P
    for name, (model_class, config, targets, saved) in CASES.items():
        torch.manual_seed(sum(map(ord, name)))
        model = getattr(T, model_class)(config).eval()
        if "untied" in name or "t5_1_1" in name:  # transformers 5 ties a new T5 whatever its configuration says
            model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.shared.weight))
        with torch.no_grad():
            for p in model.parameters():
                p.add_(torch.randn_like(p) * .05)
        model.save_pretrained(f"{out}/{name}/base")
        task = next((task for part, task in TASKS.items() if part in model_class), None)
        here = {m.rsplit(".", 1)[-1] for m, _ in model.named_modules()} | {"intermediate.dense"}
        model = P.get_peft_model(model, P.LoraConfig(
            task_type=task, r=4, lora_alpha=12, target_modules=[t for t in targets if t in here],
            modules_to_save=None if task else saved or None)).eval()
        ids = torch.randint(3, 101, (3, 15))
        mask = torch.ones_like(ids)
        mask[1, 11:] = mask[2, 4:] = 0
        ids[mask == 0] = config.pad_token_id
        inputs = dict(input_ids=ids, attention_mask=mask)
        if "Conditional" in model_class:
            inputs["labels"] = torch.randint(3, 101, (3, 9))
        with torch.no_grad():
            before = model(**inputs).logits
            for n, p in model.named_parameters():
                if p.requires_grad:
                    p.add_(torch.randn_like(p) * .1)
            logits = model(**inputs).logits
        model.save_pretrained(f"{out}/{name}/adapter")
        moved = ((logits - before).abs().max() / logits.abs().max()).reshape(1)
        save_file(dict(inputs, logits=logits.contiguous(), moved=moved), f"{out}/{name}/io.safetensors")


def check(out, markdown):
    worst = 0
    for name, (model_class, *_) in CASES.items():
        case = load_file(f"{out}/{name}/io.safetensors")
        auto = ("AutoModelForSequenceClassification" if "Sequence" in model_class else
                "AutoModelForTokenClassification" if "Token" in model_class else
                "AutoModelForSeq2SeqLM" if "Conditional" in model_class else "AutoModelForCausalLM")
        model, told = getattr(T, auto).from_pretrained(f"{out}/{name}/merged", output_loading_info=True)
        inputs = {k: case[k] for k in ("input_ids", "attention_mask", "labels") if k in case}
        with torch.no_grad():
            logits = model.eval()(**inputs).logits
        difference = ((logits - case["logits"]).abs().max() / case["logits"].abs().max()).item()
        problems = {k: sorted(map(str, v)) for k, v in told.items() if v}
        good = type(model).__name__ == model_class and not problems
        worst = max(worst, difference if good else 1)
        row = (name, type(model).__name__, f"{difference:.1e}", f"{case['moved'].item():.2f}", str(problems or ""))
        print("| " + " | ".join(row) + " |" if markdown else " ".join(row))
    print(f"transformers {T.__version__}: worst {worst:.1e}", file=sys.stderr)
    sys.exit(0 if worst < 1e-5 else 1)


write(sys.argv[2]) if sys.argv[1] == "write" else check(sys.argv[2], "--markdown" in sys.argv)
