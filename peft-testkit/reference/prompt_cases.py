"""Makes golden cases of gated and multitask prompts with Hugging Face PEFT, beside those of the same layout in the resources.

    python prompt_cases.py GOLDEN_FOLDER [SEED]        # the folder that holds gpt2/base, llama/base, mistral/base, bert/base

Cases: `adaption` (LLaMA-Adapter, in all layers), `adaption_top` (in the highest alone) and `multitask` (a shared prompt
times factors of rank 2 of three tasks; `task_ids` says which task each row has). Gates and factors are moved off their
starting values, which make the adapter nearly nothing.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

NEW_TOKENS = 8


def base(model):
    config = transformers.AutoConfig.from_pretrained(f"{model}/base")
    return getattr(transformers, config.architectures[0]).from_pretrained(f"{model}/base").eval()


def save_adapter(model, folder):
    model.save_pretrained(folder)
    for card in Path(folder).rglob("README.md"):
        card.unlink()


def noise(model, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += scale * torch.randn(parameter.shape, generator=generator)


def case(model_name, name, config, seed, scale, extra=None):
    torch.manual_seed(seed)
    model = peft.get_peft_model(base(model_name), config)
    noise(model, seed + 1, scale)
    folder = Path(model_name, name)
    save_adapter(model, folder)
    given = load_file(f"{model_name}/base_io.safetensors")
    inputs = {k: given[k] for k in ("input_ids", "attention_mask", "labels")}
    inputs.update(extra or {})
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
    save_adapter(model, folder / "trained")
    with torch.no_grad():
        output = model(**inputs)
    tensors.update(logits_after3=output.logits, loss_after3=output.loss.reshape(1))
    if config.task_type == "CAUSAL_LM" and not extra:
        generate(model_name, folder, inputs, tensors)
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    save_file(tensors, folder / "io.safetensors")
    print(model_name, name, float(tensors["loss"]), float(tensors["loss_after3"]),
          sorted(load_file(folder / "adapter_model.safetensors")))


def generate(model_name, folder, inputs, tensors):
    """Greedy continuation of the first text, which has no padding."""
    model = peft.PeftModel.from_pretrained(base(model_name), folder).eval()
    prompt = inputs["input_ids"][:1]
    with torch.no_grad():
        tensors["generated"] = model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False, num_beams=1,
            max_new_tokens=NEW_TOKENS, pad_token_id=0)
    tensors["generate_prompt"] = prompt


def main():
    os.chdir(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for model in ("gpt2", "llama", "mistral"):
        for name, layers in (("adaption", 2), ("adaption_top", 1)):
            case(model, name, peft.AdaptionPromptConfig(task_type="CAUSAL_LM", adapter_len=4, adapter_layers=layers),
                 seed, 0.4)
    tasks = dict(task_ids=torch.tensor([2, 0, 1]))
    for model, task in (("bert", "SEQ_CLS"), ("llama", "CAUSAL_LM")):
        case(model, "multitask", peft.MultitaskPromptTuningConfig(
            task_type=task, num_virtual_tokens=4, num_tasks=3, num_ranks=2), seed + 10, 0.5, tasks)


if __name__ == "__main__":
    main()
