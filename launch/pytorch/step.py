"""Training steps of the paper's network in PyTorch, one for each line "step" on standard input.

    step.py '{"backbone": "resnet18", …}'     answers each line with one line of JSON
    step.py --check EXPECTED.json             losses of a case whose exact figures are known, beside them

Every value is a function of its name, as Modulor's tests describe it, so both sides compute the same step.
"""

import json
import math
import resource
import sys
import time

import numpy
import torch

import network


def bits(name, count):
    """splitmix64 from the FNV-1a hash of a name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
        return z ^ z >> numpy.uint64(31)


def signed(name, shape):
    values = (bits(name, math.prod(shape)) >> numpy.uint64(40)).astype(numpy.float64) / 2**24 * 2 - 1
    return torch.from_numpy(values.reshape(shape))


def fill(model):
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            u = signed(name, tuple(value.shape))
            if name.endswith("weight_g"):
                u = 1 + 0.1 * u
            elif value.dim() == 4:
                u = u * math.sqrt(3 / math.prod(value.shape[1:]))
            elif name.startswith("predict."):
                u = 0.01 * u
            elif name.endswith("running_var"):
                u = 1 + 0.2 * u
            elif name.endswith(".weight"):
                u = 1 + 0.1 * u
            else:
                u = 0.1 * u
            value.copy_(u.float())


def label(task, step, batch, height, width):
    name = f"labels.{task}.{step}"
    b = bits(name, batch * height * width).reshape(batch, height, width)
    unknown = torch.from_numpy((b >> numpy.uint64(56) < 26).copy())

    def part(values):
        return torch.from_numpy(values.astype(numpy.int64))

    if task in ("semseg", "human_parts"):
        return part(b % numpy.uint64(network.CHANNELS[task])).masked_fill(unknown, 255)
    if task == "edge":
        return part(b & numpy.uint64(7) == 0).masked_fill(unknown, 255)
    if task == "sal":
        return part(b & numpy.uint64(1) == 1).masked_fill(unknown, 255)
    if task == "depth":
        metres = 1 + 9 * (b >> numpy.uint64(20) & numpy.uint64(0xFFFFFF)).astype(numpy.float64) / 2**24
        return torch.from_numpy(metres).float().masked_fill(unknown, 0)[:, None]
    direction = signed(name + ".xyz", (batch, 3, height, width))
    direction = (direction / direction.norm(dim=1, keepdim=True)).float()
    return direction.masked_fill(unknown[:, None], 0)


class Steps:
    """A network, its optimizers and its data; `run` does one training step of every task in turn."""

    def __init__(self, case):
        self.case = case
        tasks = case["tasks"]
        self.model = network.Network(
            case["backbone"], case["width"], case["output_stride"], case["nff"], case["aspp"], case["low"], tasks)
        fill(self.model)
        self.layout = torch.channels_last if case["mode"] == "channels_last" else torch.contiguous_format
        self.model.to(memory_format=self.layout).train()
        self.optimizers = {
            task: torch.optim.SGD(
                [p for name, p in self.model.named_parameters() if f".{task}." in name], case["learning_rate"],
                momentum=0.9, weight_decay=case["weight_decay"])
            for task in tasks
        }
        self.forward = torch.compile(self.model) if case["mode"] == "compiled" else self.model
        self.weights = case["weight"]
        self.data = {}

    def batch(self, step):
        if step not in self.data:
            batch, (height, width) = self.case["batch"], self.case["size"]
            image = (1.5 * signed(f"input.{step}", (batch, 3, height, width))).float()
            labels = {task: label(task, step, batch, height, width) for task in self.case["tasks"]}
            self.data = {step: (image.contiguous(memory_format=self.layout), labels)}
        return self.data[step]

    def run(self, step=0):
        image, labels = self.batch(step)
        losses = {}
        begin = time.perf_counter()
        for task, optimizer in self.optimizers.items():
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.case["dtype"] == "bfloat16"):
                output = self.forward(image, task)
            value = self.weights[task] * network.loss(task, output.float(), labels[task])
            value.backward()
            optimizer.step()
            losses[task] = value.detach()
        seconds = time.perf_counter() - begin
        return seconds, {task: value.item() for task, value in losses.items()}

    def outside_convolutions(self):
        """Seconds of a step that are spent in no convolution."""
        with torch.profiler.profile() as profile:
            seconds, _ = self.run()
        # Both directions end in these two operations; what they call is theirs.
        inside = ("aten::convolution_overrideable", "aten::mkldnn_convolution", "aten::_slow_conv2d_forward",
                  "aten::convolution_backward")
        convolutions = sum(e.cpu_time_total for e in profile.key_averages() if e.key in inside) / 1e6
        return seconds - convolutions


def serve(case):
    torch.set_num_threads(case["threads"])
    steps = Steps(case)
    for line in sys.stdin:
        if line.strip() == "step":
            seconds, losses = steps.run()
            answer = {"seconds": seconds, "losses": losses}
        elif line.strip() == "outside":
            answer = {"seconds": steps.outside_convolutions()}
        else:
            answer = {"peak_resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        print(json.dumps(answer), flush=True)


def check(path):
    with open(path) as file:
        expected = json.load(file)
    golden = expected["case"]
    case = {
        "backbone": f"resnet{golden['depth']}", "width": golden["width"], "output_stride": golden["output_stride"],
        "nff": golden["method"] == "rcm_nff", "aspp": golden["aspp"], "low": golden["low"], "tasks": golden["tasks"],
        "batch": golden["batch"], "size": (golden["image_height"], golden["image_width"]),
        "learning_rate": golden["lr"], "weight_decay": golden["weight_decay"], "weight": golden["weight"],
        "mode": "eager", "dtype": "float32",
    }
    steps = Steps(case)
    worst = 0
    for step in range(golden["steps"]):
        for optimizer in steps.optimizers.values():
            optimizer.param_groups[0]["lr"] = golden["lr"] * (1 - step / golden["max_iter"]) ** 0.9
        _, losses = steps.run(step)
        for task, value in losses.items():
            exact = expected["loss"][step][task]
            worst = max(worst, abs(value - exact) / exact)
    # The file says how far PyTorch's own float32 strayed when the figures were made.
    allowed = max(4 * expected["float32"]["loss"], 1e-6)
    print(f"{path}: losses of {golden['steps']} steps stray by {worst:.1e}; {allowed:.1e} is allowed")
    return worst <= allowed


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        sys.exit(0 if all([check(path) for path in sys.argv[2:]]) else 1)
    serve(json.loads(sys.argv[1]))
