"""Writes the files in pytorch/ with PyTorch.

pip install torch==2.15.0; python3 make_pytorch.py

Element i of the tensor NAME is ((i * 37 + 11 * len(NAME)) % 101 - 50) / 64: exact in every floating-point type. Of
variances (running_var) it is the absolute value.
"""

import os
from collections import OrderedDict

import torch


def values(name, shape, dtype=torch.float32):
    count = 1
    for size in shape:
        count *= size
    numbers = (torch.arange(count) * 37 + 11 * len(name)) % 101 - 50
    if name.endswith("running_var"):
        numbers = numbers.abs()
    return (numbers.to(torch.float32) / 64).reshape(shape).to(dtype)


def norm(name, channels):
    for part in ["weight", "bias", "running_mean", "running_var"]:
        yield f"{name}.{part}", [channels]
    yield f"{name}.num_batches_tracked", None


def resnet(width, blocks, expansion, classes):
    """The names and shapes of torchvision's ResNets."""
    yield "conv1.weight", [width, 3, 7, 7]
    yield from norm("bn1", width)
    inputs = width
    for stage, count in enumerate(blocks):
        channels = width << stage
        for block in range(count):
            name = f"layer{stage + 1}.{block}"
            outputs = channels * expansion
            shapes = (
                [(channels, inputs, 3), (channels, channels, 3)]
                if expansion == 1
                else [(channels, inputs, 1), (channels, channels, 3), (outputs, channels, 1)]
            )
            for index, (o, i, k) in enumerate(shapes):
                yield f"{name}.conv{index + 1}.weight", [o, i, k, k]
                yield from norm(f"{name}.bn{index + 1}", o)
            if block == 0 and (stage > 0 or inputs != outputs):
                yield f"{name}.downsample.0.weight", [outputs, inputs, 1, 1]
                yield from norm(f"{name}.downsample.1", outputs)
            inputs = outputs
    yield "fc.weight", [classes, inputs]
    yield "fc.bias", [classes]


def official(width, tasks, depth, low):
    """The names and shapes of RCM's ResNet-18 with normalized modulators per task (menelaoskanakis/RCM)."""
    for name, shape in resnet(width, [2, 2, 2, 2], 1, 10):
        parts = name.split(".")
        if parts[0] == "fc":
            continue
        if "downsample" in parts:
            block = ".".join(parts[:2])
            kind = "conv.conv" if parts[3] == "0" else "bnorm.bnorm"
            for task in tasks:
                yield f"{block}.downsample.{kind}.{task}.{parts[4]}", shape
        elif parts[-2].startswith("conv"):
            unit = ".".join(parts[:-1])
            yield f"{unit}.Ws.weight", shape
            for task in tasks:
                yield f"{unit}.Wt.{task}.weight_g", [shape[0], 1, 1, 1]
                yield f"{unit}.Wt.{task}.weight_v", [shape[0], shape[0], 1, 1]
        else:
            for task in tasks:
                yield f"{'.'.join(parts[:-1])}.bnorm.{task}.{parts[-1]}", shape
    high = width * 8
    for task, channels in tasks.items():
        pyramid = f"layer5.{task}"
        for index in range(4):
            size = 1 if index == 0 else 3
            yield f"{pyramid}.conv2d_list.{index}.0.weight", [depth, high, size, size]
            yield from norm(f"{pyramid}.conv2d_list.{index}.1", depth)
        yield f"{pyramid}.conv2d_list.4.1.weight", [depth, high, 1, 1]
        yield from norm(f"{pyramid}.conv2d_list.4.2", depth)
        yield f"{pyramid}.conv2d_final.0.weight", [depth, 5 * depth, 1, 1]
        yield from norm(f"{pyramid}.conv2d_final.1", depth)
        yield f"low_level_reduce.{task}.0.weight", [low, width, 1, 1]
        yield from norm(f"low_level_reduce.{task}.1", low)
        yield f"concat.{task}.0.weight", [depth, depth + low, 3, 3]
        yield from norm(f"concat.{task}.1", depth)
        yield f"concat.{task}.3.weight", [depth, depth, 3, 3]
        yield from norm(f"concat.{task}.4", depth)
        yield f"predict.{task}.weight", [channels, depth, 1, 1]
        yield f"predict.{task}.bias", [channels]


def state(names, dtype=torch.float32, prefix=""):
    result = OrderedDict()
    for name, shape in names:
        result[prefix + name] = torch.tensor(7) if shape is None else values(name, shape, dtype)
    # What torch.nn.Module.state_dict leaves on its result.
    result._metadata = OrderedDict([("", {"version": 1}), ("conv1", {"version": 1})])
    return result


def various():
    """Types, shapes and views that a checkpoint may hold."""
    base = values("base", [3, 5])
    return {
        "epoch": 3,
        "arch": "resnet18",
        "loss": 0.25,
        "done": False,
        "nothing": None,
        "model": OrderedDict(
            double=values("double", [2, 3], torch.float64),
            half=values("half", [2, 3], torch.float16),
            bfloat=values("bfloat", [2, 3], torch.bfloat16),
            long=torch.tensor([-(2**40), 5]),
            mask=torch.tensor([True, False]),
            byte=torch.tensor([[200]], dtype=torch.uint8),
            unsigned=torch.tensor([65535, 1], dtype=torch.uint16),
            scalar=torch.tensor(0.5),
            empty=torch.zeros(0, 3),
            parameter=torch.nn.Parameter(values("parameter", [4])),
            base=base,
            transposed=base.t(),
            column=base[:, 2],
            rows=base[1:],
            last=values("last", [2, 3, 2, 2]).contiguous(memory_format=torch.channels_last),
            nested={"list": [values("nested.list.0", [2]), (values("nested.list.1.0", [3]),)]},
            size=torch.Size([3, 4]),
        ),
    }


class Call:
    """Pickles as a call of a function, as malicious files do."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def save(name, content, zip=True, **options):
    torch.save(content, f"pytorch/{name}.pth", _use_new_zipfile_serialization=zip, **options)


os.makedirs("pytorch", exist_ok=True)
torch.manual_seed(1)
save("resnet18", state(resnet(4, [2, 2, 2, 2], 1, 10)))
half = state(resnet(4, [2, 2, 2, 2], 1, 10), torch.float16, "module.")
save("resnet18-older", {"state_dict": half, "epoch": 90}, zip=False)
save("resnet34", state(resnet(2, [3, 4, 6, 3], 1, 10), torch.float16))
save("resnet50", {"state_dict": state(resnet(2, [3, 4, 6, 3], 4, 10), torch.bfloat16, "model.")})
tasks = OrderedDict(semseg=21, depth=1)
save("official", {"state_dict": state(official(2, tasks, 8, 4), torch.float16), "iteration": 19874})
for protocol in [2, 3, 4, 5]:
    save(f"various-protocol{protocol}", various(), pickle_protocol=protocol)
save("various-older", various(), zip=False)
save("various-older-protocol4", various(), zip=False, pickle_protocol=4)
for zip in [True, False]:
    older = "" if zip else "-older"
    save(f"call-system{older}", {"weight": torch.zeros(2), "x": Call(os.system, "touch code-was-run")}, zip=zip)
save("call-eval", OrderedDict(weight=torch.zeros(2), x=Call(eval, "1 + 1")), pickle_protocol=4)
save("module", torch.nn.Linear(2, 3))
save("tensor", values("tensor", [2, 2]))
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 3)), "pytorch/script.pth")
