"""Makes a reference case of AdapterFusion: two bottleneck adapters of a tiny BERT and a trained fusion of them.

    python adapterhub_fusion.py BASE_FOLDER OUT_FOLDER

Needs torch, transformers 4.57, adapters 1.2, safetensors. Writes the adapters "a" and "b", the fusion and its numbers:
logits, loss, the gradients of the fusion, and logits after three steps of AdamW (learning rate 1e-2, weight decay 0.1),
without the regularisation that AdapterHub's trainer adds.
"""
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import adapters
import torch
import transformers
from adapters.composition import Fuse
from safetensors.torch import save_file

base, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
torch.set_num_threads(1)
torch.manual_seed(11)
model = transformers.BertForSequenceClassification.from_pretrained(base, attn_implementation="eager").eval()
adapters.init(model)
model.add_adapter("a", config="seq_bn[reduction_factor=4]")
model.add_adapter("b", config="seq_bn[reduction_factor=4,non_linearity='tanh']")
setup = Fuse("a", "b")
model.add_adapter_fusion(setup, "dynamic")
model.train_adapter_fusion(setup)
generator = torch.Generator().manual_seed(12)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if ".adapters." in name or "adapter_fusion_layer" in name:
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
model.save_adapter(str(out / "a"), "a", with_head=False)
model.save_adapter(str(out / "b"), "b", with_head=False)
model.save_adapter_fusion(str(out / "fusion"), setup, with_head=False)
ids = torch.randint(3, 67, (3, 11), generator=generator)
mask = torch.ones_like(ids)
mask[1, 8:] = 0
mask[2, 5:] = 0
inputs = dict(input_ids=ids, attention_mask=mask, labels=torch.tensor([0, 2, 1]))
tensors = dict(inputs)
trained = [(n, p) for n, p in model.named_parameters() if "adapter_fusion_layer" in n]
optimizer = torch.optim.AdamW([p for _, p in trained], lr=1e-2, weight_decay=0.1)
for step in range(3):
    output = model(**inputs)
    output.loss.backward()
    if step == 0:
        tensors["logits"], tensors["loss"] = output.logits, output.loss.reshape(1)
        for name, parameter in trained:
            tensors["grad." + name] = parameter.grad.clone()
    optimizer.step()
    optimizer.zero_grad()
tensors["logits_after3"] = model(**inputs).logits
save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, out / "io.safetensors")
