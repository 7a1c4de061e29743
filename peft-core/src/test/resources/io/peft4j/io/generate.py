"""Writes the files of this folder; see README.md."""

import collections
import json
import os
import struct
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file

os.chdir(os.path.dirname(os.path.abspath(sys.argv[0])))


def values(dtype, *shape):
    count = torch.Size(shape).numel()
    numbers = torch.tensor([(7 * i) % 11 - 5 for i in range(count)], dtype=torch.float64)
    numbers = numbers / 3 if dtype.is_floating_point else numbers
    numbers = numbers % 2 if dtype == torch.bool else numbers
    numbers = numbers.abs() if dtype == torch.uint8 else numbers
    return numbers.to(dtype).reshape(shape)


def describe(tensors):
    return {
        name: {
            "shape": list(tensor.shape),
            "hex": bytes(tensor.reshape(-1).view(torch.uint8).tolist()).hex() if tensor.numel() else "",
        }
        for name, tensor in tensors.items()
    }


TYPES = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "I16": torch.int16, "I32": torch.int32,
    "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64,
}
types = {}
for name, dtype in TYPES.items():
    types["matrix." + name] = values(dtype, 3, 5)
    types["scalar." + name] = values(dtype)
    types["empty." + name] = values(dtype, 0, 4)
types["special.F32"] = torch.tensor([float("nan"), float("inf"), float("-inf"), -0.0, 1e-45, 3.4e38])
types['größe."\\\n\u0001\x7f/\ue000'] = values(torch.float32, 2)
types["größe.\U0001f600"] = values(torch.float32, 2)
types[""] = values(torch.float32, 1)
save_file(types, "types.safetensors", metadata={"format": "pt"})
with open("types.json", "w") as out:
    json.dump(describe(types), out, indent=2, sort_keys=True)

save_file({}, "nothing.safetensors")

# The official writer aligns every tensor; the official reader takes files of others, which do not.
unaligned = {"bytes": values(torch.uint8, 3), "floats": values(torch.float32, 2, 3), "half": values(torch.bfloat16, 5)}
header, data = {}, b""
for name, tensor in unaligned.items():
    raw = bytes(tensor.reshape(-1).view(torch.uint8).tolist())
    dtype = {torch.uint8: "U8", torch.float32: "F32", torch.bfloat16: "BF16"}[tensor.dtype]
    header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, indent=1).encode()
with open("unaligned.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
with safe_open("unaligned.safetensors", "pt") as file:
    assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in unaligned.items())
with open("unaligned.json", "w") as out:
    json.dump(describe(unaligned), out, indent=2, sort_keys=True)

document = {
    "floats": [
        0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e-4, 1e-5, 6e-05, 1.25e-7, 1e15, 1e16, 9999999999999998.0, 123456789012345680.0,
        1e22, 1e23, 2e-3, 2.0**-44, 2.0**-1074, 2.0**-1022, 1.7976931348623157e308, 9007199254740993.0, 5e-324, 1e100,
    ],
    "powers": [2.0**i for i in range(-1074, 1024, 37)],
    "integers": [0, -1, 8, 2**31, 2**63 - 1, -(2**63), 2**63, 10**30],
    "constants": [True, False, None],
    "empty": [{}, [], ""],
    "nested": {"b": {"deltaT": 1, "ensure": [[1, []], {"x": {}}]}, "a": "", "B": 0, "": 1},
    "strings": ["plain", "\"\\/\b\f\n\r\t", "\x00\x1f\x7f\x80", "größe", "\u2028\ue000\uffff", "\U0001f600", "\ud800", "<&'>"],
    "order": {"\U0001f600": 1, "\ue000": 2, "é": 3, "z": 4, "A": 5},
}
with open("python.json", "w") as out:
    out.write(json.dumps(document, indent=2, sort_keys=True))

# torch.save, in both forms
torch_tensors = {name: tensor for name, tensor in types.items() if "größe" not in name and name}
base = values(torch.float32, 4, 6)
torch_tensors["shared"] = base
torch_tensors["shared.row"] = base[2]
torch_tensors["transposed"] = base.t()
torch_tensors["every.second"] = base[1:, ::2]
torch_tensors["repeated"] = torch.arange(6.0)[:3].unsqueeze(0).expand(2, 3)
torch_tensors["parameter"] = torch.nn.Parameter(values(torch.bfloat16, 3))
torch_tensors["größe.\U0001f600"] = values(torch.float32, 2)
module = torch.nn.Sequential(torch.nn.Linear(2, 3))
state = collections.OrderedDict(torch_tensors)
state._metadata = module.state_dict()._metadata
torch.save(state, "torch.bin")
torch.save(torch_tensors, "torch-stream.bin", _use_new_zipfile_serialization=False)
with open("torch.json", "w") as out:
    json.dump(describe({name: tensor.detach().contiguous() for name, tensor in torch_tensors.items()}), out, indent=2)

# what TorchFileWriter wrote is what torch reads
written = torch.load("written.bin", weights_only=True)
assert list(written) == ["größe", "a", "empty", "half"]
assert torch.equal(written["größe"], torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
assert torch.equal(written["a"], torch.tensor(7)) and written["empty"].shape == (0, 4)
assert torch.equal(written["half"], torch.tensor([1.0, -2.0], dtype=torch.bfloat16))
