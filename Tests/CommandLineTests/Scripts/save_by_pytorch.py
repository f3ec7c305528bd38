"""Saves the tensors of a safetensors file with torch.save:  save_by_pytorch.py FROM.safetensors TO.pth"""
import json
import sys
from collections import OrderedDict

import numpy
import torch

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    content = file.read()
state = OrderedDict()
for name, tensor in header.items():
    if name != "__metadata__":
        first, end = tensor["data_offsets"]
        values = numpy.frombuffer(content[first:end], numpy.float32).reshape(tensor["shape"])
        state[name] = torch.from_numpy(values.copy())
torch.save(state, sys.argv[2])
