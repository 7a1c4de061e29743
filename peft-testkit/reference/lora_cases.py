"""Makes golden cases of the LoRA family with Hugging Face PEFT, beside those of the same layout in the resources.

    python lora_cases.py GOLDEN_FOLDER [CASE...]        # the folder that holds bert/base, gpt2/base and llama/base

Cases: `pissa` and `olora` (adapters whose start is taken out of the weight, trained for three steps from there), `dora_emb`,
`lora_bias_all`, `lokr_both`, `lora_orthogonal` (an adapter that was read), `combined` (what add_weighted_adapter makes of
three adapters of different scaling by every rule that draws nothing at random), `lora_b_bias` (`lora_bias=True`),
`lora_tokens` (`trainable_token_indices`, also with a tied head and with one of its own), `adalora` (three steps within the
schedule of the rank budget) and `adalora_final` (what a whole schedule keeps, as saved afterwards).
"""
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

TARGETS = ["query", "value"]
LORA = dict(task_type="SEQ_CLS", r=4, lora_alpha=8)


MODELS = dict(bert=transformers.BertForSequenceClassification, gpt2=transformers.GPT2LMHeadModel,
              llama=transformers.LlamaForCausalLM)


def base(kind="bert"):
    return MODELS[kind].from_pretrained(kind + "/base").eval()


def save_adapter(model, folder):
    model.save_pretrained(folder)
    for card in Path(folder).rglob("README.md"):
        card.unlink()


def save(tensors, path):
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)


def noise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)


def case(name, config, seed, noisy=True, kind="bert"):
    if not wanted(name):
        return
    torch.manual_seed(seed)
    model = peft.get_peft_model(base(kind), config)
    if noisy:
        noise(model, seed + 1)
    folder = Path(kind, name)
    save_adapter(model, folder)
    io = load_file(kind + "/base_io.safetensors")
    inputs = {k: io[k] for k in ("input_ids", "attention_mask", "labels")}
    tensors = dict(inputs)
    model.train()
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([p for _, p in trained], lr=1e-2, weight_decay=0.1)
    for step in range(3):
        output = model(**inputs)
        optimizer.zero_grad()
        output.loss.backward()
        if step == 0:
            tensors.update(logits=output.logits, loss=output.loss.reshape(1))
            tensors.update({"grad." + n: p.grad.clone() for n, p in trained})
        torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)
        optimizer.step()
        if name == "adalora":
            model.base_model.update_and_allocate(step)
    save_adapter(model, folder / "trained")
    with torch.no_grad():
        output = model(**inputs)
    tensors.update(logits_after3=output.logits, loss_after3=output.loss.reshape(1))
    merged = peft.PeftModel.from_pretrained(base(kind), folder).eval().merge_and_unload()
    with torch.no_grad():
        tensors.update(logits_merged=merged(**inputs).logits)
    save(tensors, folder / "io.safetensors")


def adalora_final():
    """Twelve steps of a schedule of ten; the masks and budgets after each, and the adapter that is left."""
    if not wanted("adalora_final"):
        return
    torch.manual_seed(8)
    config = peft.AdaLoraConfig(task_type="SEQ_CLS", target_modules=TARGETS, init_r=5, target_r=2, lora_alpha=10, tinit=2,
                                tfinal=3, deltaT=2, total_step=12, beta1=0.8, beta2=0.9, orth_reg_weight=0.3)
    model = peft.get_peft_model(base(), config)
    noise(model, 9)
    folder = Path("bert", "adalora_final")
    save_adapter(model, folder / "start")
    io = load_file("bert/base_io.safetensors")
    inputs = {k: io[k] for k in ("input_ids", "attention_mask", "labels")}
    tensors = dict(inputs)
    model.train()
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([p for _, p in trained], lr=1e-2, weight_decay=0.1)
    masks = []
    for step in range(12):
        loss = model(**inputs).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)
        optimizer.step()
        model.base_model.update_and_allocate(step)
        budget, _ = model.base_model.rankallocator.budget_schedule(step)
        pattern = model.peft_config["default"].rank_pattern
        short = {} if pattern is None else {k.replace(".default", ""): v for k, v in pattern.items()}
        masks.append(dict(step=step, budget=budget, loss=loss.item(), rank_pattern=short))
    Path(folder, "masks.json").write_text(json.dumps(masks, indent=1) + "\n")
    model.eval()
    with torch.no_grad():
        tensors["logits"] = model(**inputs).logits
    save_adapter(model, folder)
    with torch.no_grad():
        merged = peft.PeftModel.from_pretrained(base(), folder).eval().merge_and_unload()
        tensors["logits_merged"] = merged(**inputs).logits
    save(tensors, folder / "io.safetensors")


def combined():
    if not wanted("combined"):
        return
    model = None
    for seed, (name, rank, alpha) in enumerate((("A", 4, 8), ("B", 2, 8), ("C", 4, 4))):
        torch.manual_seed(seed)
        config = peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS)
        if model is None:
            model = peft.get_peft_model(base(), config, adapter_name=name)
        else:
            model.add_adapter(name, config)
        model.set_adapter(name)
        noise(model, seed + 10)
    model.eval()
    inputs = {k: v for k, v in load_file("bert/base_io.safetensors").items() if k in ("input_ids", "attention_mask")}
    tensors = dict(inputs)
    save_adapter(model, Path("bert", "combined"))
    rules = dict(linear=("AC", {}), cat=("AB", {}), svd=("AB", dict(svd_rank=3)), ties=("AC", dict(density=0.6)),
                 ties_svd=("AB", dict(density=0.6, svd_rank=4)), magnitude_prune=("AC", dict(density=0.6)),
                 magnitude_prune_svd=("AB", dict(density=0.6, svd_rank=4)))
    for rule, (names, options) in rules.items():
        model.add_weighted_adapter(list(names), [0.7, -0.3], rule, combination_type=rule, **options)
        model.set_adapter(rule)
        with torch.no_grad():
            tensors["logits." + rule] = model(**inputs).logits
    save(tensors, Path("bert", "combined", "io.safetensors"))


def main():
    os.chdir(sys.argv[1])
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    case("pissa", peft.LoraConfig(**LORA, target_modules=TARGETS, init_lora_weights="pissa"), 1, noisy=False)
    case("olora", peft.LoraConfig(**LORA, target_modules=TARGETS, init_lora_weights="olora"), 2, noisy=False)
    case("dora_emb", peft.LoraConfig(**LORA, target_modules=["word_embeddings", "query"], use_dora=True), 3)
    case("lora_bias_all", peft.LoraConfig(**LORA, target_modules=TARGETS, bias="all"), 4)
    case("lokr_both", peft.LoKrConfig(task_type="SEQ_CLS", r=1, alpha=3, target_modules=TARGETS, decompose_both=True,
                                      decompose_factor=6), 5)
    case("lora_orthogonal", peft.LoraConfig(**LORA, target_modules=TARGETS, init_lora_weights="orthogonal"), 6)
    case("lora_b_bias", peft.LoraConfig(**LORA, target_modules=TARGETS, lora_bias=True), 7)
    case("lora_tokens", peft.LoraConfig(**LORA, target_modules=TARGETS, trainable_token_indices=[7, 60, 11]), 10)
    causal = dict(task_type="CAUSAL_LM", r=4, lora_alpha=8)
    case("lora_tokens", peft.LoraConfig(**causal, target_modules=["c_attn"], trainable_token_indices=[5, 31]), 11, kind="gpt2")
    tokens = {"embed_tokens": [40, 9, 12], "lm_head": [9, 33]}
    case("lora_tokens", peft.LoraConfig(**causal, target_modules=["q_proj"], trainable_token_indices=tokens), 12, kind="llama")
    ada = dict(init_r=4, target_r=2, lora_alpha=8, tinit=0, tfinal=1, deltaT=1, total_step=4, orth_reg_weight=0.4)
    case("adalora", peft.AdaLoraConfig(task_type="SEQ_CLS", target_modules=TARGETS, **ada), 13)
    case("adalora", peft.AdaLoraConfig(task_type="CAUSAL_LM", target_modules=["c_attn"], **ada), 14, kind="gpt2")
    adalora_final()
    combined()


def wanted(name):
    return len(sys.argv) < 3 or name in sys.argv[2:]


if __name__ == "__main__":
    main()
