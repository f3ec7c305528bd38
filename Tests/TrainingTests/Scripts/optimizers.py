"""Writes Fixtures/optimizers.json: what PyTorch's optimizers make of known gradients, in float64, and how far its own
float32 strays from that.

    python3 optimizers.py > ../Fixtures/optimizers.json

Values and gradients are functions of names (splitmix64 from the name's FNV-1a hash, 24 bits each, so exact in float32);
the tests compute the same. `training` is the section of a configuration that asks for the same steps.
"""

import json
import math

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

STEPS = 12
# Name: part, kind, count.
TENSORS = {
    "filter": ("backbone", "filter", 37), "modulator": ("backbone", "modulator", 20), "norm": ("backbone", "norm", 5),
    "decoder": ("decoder", "filter", 33), "decoder.norm": ("decoder", "norm", 3), "bias": ("decoder", "bias", 1),
}
FACTORS = {
    "backbone": (0.5, 1), "modulators": (3, 0.25), "norms": (1, 0), "decoder": (2, 4),
}
CASES = {
    "sgd": {"optimizer": {"type": "sgd", "momentum": 0.9, "weight_decay": 0.01}},
    "nesterov": {"optimizer": {"type": "sgd", "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}},
    "without momentum": {"optimizer": {"type": "sgd", "momentum": 0.0, "weight_decay": 0.0}},
    "adamw": {"optimizer": {"type": "adamw", "weight_decay": 0.01}},
    "adamw, other keys": {"optimizer": {"type": "adamw", "betas": [0.4, 0.9], "epsilon": 0.001, "weight_decay": 0.2}},
    "clipped sgd": {"optimizer": {"type": "sgd", "momentum": 0.9, "weight_decay": 0.01}, "clip_norm": 2.0},
    "clipped adamw": {"optimizer": {"type": "adamw", "weight_decay": 0.01}, "clip_norm": 0.5},
    "warm-up and cosine": {"optimizer": {"type": "adamw"}, "warmup": 5, "schedule": "cosine"},
    "factors, sgd": {"optimizer": {"type": "sgd", "momentum": 0.9, "weight_decay": 0.02}, "factors": FACTORS},
    "factors, adamw": {"optimizer": {"type": "adamw", "weight_decay": 0.05}, "factors": FACTORS},
    "average, sgd": {
        "optimizer": {"type": "sgd", "momentum": 0.9, "weight_decay": 0.01}, "average": {"type": "ema", "decay": 0.9}},
    "average, adamw": {"optimizer": {"type": "adamw"}, "average": {"type": "ema", "decay": 0.3}},
    "all": {
        "optimizer": {"type": "adamw", "betas": [0.8, 0.95], "weight_decay": 0.1}, "warmup": 3, "schedule": "poly",
        "clip_norm": 1.0, "factors": FACTORS, "average": {"type": "ema", "decay": 0.75}},
}


def signed(name, count):
    mask = 2**64 - 1
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & mask
    values = []
    for index in range(count):
        z = seed + (index + 1) * 0x9E3779B97F4A7C15 & mask
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        values.append(((z ^ z >> 31) >> 40) / 2**24 * 2 - 1)
    return torch.tensor(values, dtype=torch.float64)


def gradient(name, count, step):
    """Of another size in every step, so that clipping has something to leave alone."""
    return signed(f"gradient.{name}.{step}", count) * 2.0 ** (step % 4 - 2)


def factors(training, name):
    given = training.get("factors", {})
    part, kind, _ = TENSORS[name]
    rate, decay = given.get(part, (1, 1))
    for own in {"modulator": ["modulators"], "norm": ["norms"]}.get(kind, []):
        more = given.get(own, (1, 1))
        rate, decay = rate * more[0], decay * more[1]
    return rate, decay


def rate(training, step):
    warmup = training.get("warmup", 0)
    kind = training.get("schedule", "constant")
    value = {"constant": 1, "cosine": (1 + math.cos(math.pi * step / STEPS)) / 2, "poly": (1 - step / STEPS) ** 0.9}[kind]
    return value * (min(1, (step + 1) / warmup) if warmup else 1)


def run(training, dtype):
    names = list(TENSORS)
    model = torch.nn.ParameterList(
        [torch.nn.Parameter(signed(f"value.{name}", TENSORS[name][2]).to(dtype)) for name in names])
    keys = dict(training["optimizer"])
    kind, decay = keys.pop("type"), keys.pop("weight_decay", 0.01)
    groups = []
    for name, parameter in zip(names, model):
        of_rate, of_decay = factors(training, name)
        groups.append({"params": [parameter], "lr": 0.05 * of_rate, "weight_decay": decay * of_decay})
    if kind == "sgd":
        optimizer = torch.optim.SGD(groups, foreach=False, **keys)
    else:
        optimizer = torch.optim.AdamW(
            groups, betas=tuple(keys.get("betas", (0.9, 0.999))), eps=keys.get("epsilon", 1e-8), foreach=False)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(training, step))
    average = None
    if "average" in training:
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(training["average"]["decay"]))
    for step in range(STEPS):
        for name, parameter in zip(names, model):
            parameter.grad = gradient(name, TENSORS[name][2], step).to(dtype)
        if "clip_norm" in training:
            torch.nn.utils.clip_grad_norm_(model.parameters(), training["clip_norm"], foreach=False)
        optimizer.step()
        schedule.step()
        if average is not None:
            average.update_parameters(model)
    found = {"value": [p.detach() for p in model]}
    for ours, theirs in {"velocity": "momentum_buffer", "exp_avg": "exp_avg", "exp_avg_sq": "exp_avg_sq"}.items():
        states = [optimizer.state[p].get(theirs) for p in model]
        if all(state is not None for state in states):
            found[ours] = states
    if average is not None:
        found["average"] = [p.detach() for p in average.module]
    return {what: torch.cat([t.double() for t in tensors]) for what, tensors in found.items()}


def text(training):
    """The section as YAML in one line."""
    def written(value):
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {written(own)}" for key, own in value.items()) + "}"
        return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else str(value)

    given = {"schedule": "constant", **training, "iterations": STEPS, "learning_rate": 0.05}
    if "factors" in given:
        given["factors"] = {
            part: {"learning_rate": rate, "weight_decay": decay} for part, (rate, decay) in given["factors"].items()}
    return written(given)


def main():
    cases = []
    for name, training in CASES.items():
        exact, float32 = run(training, torch.float64), run(training, torch.float32)
        cases.append({
            "name": name, "training": text(training),
            "expected": {what: [float(f"{value:.12g}") for value in values.tolist()] for what, values in exact.items()},
            "float32": {what: (float32[what] - exact[what]).abs().max().item() for what in exact},
        })
    tensors = [{"name": name, "part": part, "kind": kind, "count": count} for name, (part, kind, count) in TENSORS.items()]
    print(json.dumps({"steps": STEPS, "tensors": tensors, "cases": cases}))


main()
