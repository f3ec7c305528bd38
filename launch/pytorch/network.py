"""The paper's network in PyTorch, written as its users would: ResNet, DeepLab-v3+ decoder, method rcm with or without NFF.

Kanakis et al., "Reparameterizing Convolutions for Incremental Multi-Task Learning without Task Interference", ECCV 2020.
Parameters have the names of Modulor's, so that a step can be checked against the figures that Modulor is tested with.
"""

import torch
import torch.nn.functional as F
from torch import nn

BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}
STAGES = {16: ((1, 2, 2, 1), (1, 1, 1, 2)), 8: ((1, 2, 1, 1), (1, 1, 2, 4))}
CHANNELS = {"semseg": 21, "human_parts": 7, "edge": 1, "sal": 1, "normals": 3, "depth": 1}


def per_task(tasks, make):
    return nn.ModuleDict({task: make() for task in tasks})


class Modulator(nn.Conv2d):
    """A task's 1×1 convolution."""

    def __init__(self, channels):
        super().__init__(channels, channels, 1, bias=False)


class NormalizedModulator(nn.Module):
    """Normalized feature fusion: each row is g · v / ‖v‖."""

    def __init__(self, channels):
        super().__init__()
        self.weight_v = nn.Parameter(torch.empty(channels, channels, 1, 1))
        self.weight_g = nn.Parameter(torch.empty(channels, 1, 1, 1))

    def forward(self, x):
        return F.conv2d(x, self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True))


class Reparameterized(nn.Module):
    """A frozen filter bank, then the modulator of a task."""

    def __init__(self, inputs, outputs, size, tasks, nff, stride=1, padding=0, dilation=1):
        super().__init__()
        self.Ws = nn.Conv2d(inputs, outputs, size, stride, padding, dilation, bias=False)
        self.Ws.weight.requires_grad_(False)
        self.Wt = per_task(tasks, lambda: (NormalizedModulator if nff else Modulator)(outputs))

    def forward(self, x, task):
        return self.Wt[task](self.Ws(x))


class TaskNorm(nn.Module):
    def __init__(self, channels, tasks):
        super().__init__()
        self.bnorm = per_task(tasks, lambda: nn.BatchNorm2d(channels))

    def forward(self, x, task):
        return self.bnorm[task](x)


class TaskConvolution(nn.Module):
    def __init__(self, inputs, outputs, stride, tasks):
        super().__init__()
        self.conv = per_task(tasks, lambda: nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x, task):
        return self.conv[task](x)


class Shortcut(nn.Module):
    def __init__(self, inputs, outputs, stride, tasks):
        super().__init__()
        self.conv = TaskConvolution(inputs, outputs, stride, tasks)
        self.bnorm = TaskNorm(outputs, tasks)

    def forward(self, x, task):
        return self.bnorm(self.conv(x, task), task)


class Block(nn.Module):
    def __init__(self, inputs, channels, expansion, stride, dilation, tasks, nff):
        super().__init__()
        outputs = channels * expansion
        if expansion == 1:
            self.conv1 = Reparameterized(inputs, channels, 3, tasks, nff, stride, dilation, dilation)
            self.conv2 = Reparameterized(channels, channels, 3, tasks, nff, 1, dilation, dilation)
        else:
            self.conv1 = Reparameterized(inputs, channels, 1, tasks, nff)
            self.conv2 = Reparameterized(channels, channels, 3, tasks, nff, stride, dilation, dilation)
            self.conv3 = Reparameterized(channels, outputs, 1, tasks, nff)
            self.bn3 = TaskNorm(outputs, tasks)
        self.bn1 = TaskNorm(channels, tasks)
        self.bn2 = TaskNorm(channels, tasks)
        changes = stride != 1 or inputs != outputs
        self.downsample = Shortcut(inputs, outputs, stride, tasks) if changes else None
        self.is_bottleneck = expansion != 1

    def forward(self, x, task):
        y = F.relu(self.bn1(self.conv1(x, task), task), inplace=True)
        y = self.bn2(self.conv2(y, task), task)
        if self.is_bottleneck:
            y = self.bn3(self.conv3(F.relu(y, inplace=True), task), task)
        y += x if self.downsample is None else self.downsample(x, task)
        return F.relu(y, inplace=True)


def unit(inputs, outputs, size=1, dilation=1):
    """Convolution, batch norm, ReLU; the size stays."""
    return [
        nn.Conv2d(inputs, outputs, size, padding=dilation * (size // 2), dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


class Pyramid(nn.Module):
    """Atrous spatial pyramid pooling."""

    def __init__(self, inputs, depth, rates):
        super().__init__()
        branches = [nn.Sequential(*unit(inputs, depth))]
        branches += [nn.Sequential(*unit(inputs, depth, 3, rate)) for rate in rates]
        branches += [nn.Sequential(nn.AdaptiveAvgPool2d(1), *unit(inputs, depth))]
        self.conv2d_list = nn.ModuleList(branches)
        self.conv2d_final = nn.Sequential(*unit(5 * depth, depth))

    def forward(self, x):
        values = [branch(x) for branch in self.conv2d_list]
        values[-1] = F.interpolate(values[-1], x.shape[2:], mode="bilinear")
        return self.conv2d_final(torch.cat(values, 1))


class Network(nn.Module):
    def __init__(self, backbone, width, output_stride, nff, aspp, low, tasks):
        super().__init__()
        self.conv1 = Reparameterized(3, width, 7, tasks, nff, 2, 3)
        self.bn1 = TaskNorm(width, tasks)
        expansion = 4 if backbone == "resnet50" else 1
        inputs = width
        for stage, (blocks, stride, dilation) in enumerate(zip(BLOCKS[backbone], *STAGES[output_stride])):
            channels = width << stage
            layers = nn.ModuleList()
            for block in range(blocks):
                layers.append(Block(inputs, channels, expansion, stride if block == 0 else 1, dilation, tasks, nff))
                inputs = channels * expansion
            setattr(self, f"layer{stage + 1}", layers)
        rates = (6, 12, 18) if output_stride == 16 else (12, 24, 36)
        self.layer5 = per_task(tasks, lambda: Pyramid(inputs, aspp, rates))
        self.low_level_reduce = per_task(tasks, lambda: nn.Sequential(*unit(width * expansion, low)))
        self.concat = per_task(tasks, lambda: nn.Sequential(*unit(aspp + low, aspp, 3), *unit(aspp, aspp, 3)))
        self.predict = nn.ModuleDict({task: nn.Conv2d(aspp, CHANNELS[task], 1) for task in tasks})

    def forward(self, x, task):
        size = x.shape[2:]
        x = F.relu(self.bn1(self.conv1(x, task), task), inplace=True)
        x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(1, 5):
            for block in getattr(self, f"layer{stage}"):
                x = block(x, task)
            if stage == 1:
                low = x
        x = F.interpolate(self.layer5[task](x), low.shape[2:], mode="bilinear")
        x = self.concat[task](torch.cat([x, self.low_level_reduce[task](low)], 1))
        x = F.interpolate(self.predict[task](x), size, mode="bilinear")
        return F.normalize(x, dim=1) if task == "normals" else x


def loss(task, output, label):
    """The paper's losses: a mean over the known pixels."""
    if task in ("semseg", "human_parts"):
        return F.cross_entropy(output, label, ignore_index=255)
    if task in ("edge", "sal"):
        known = label != 255
        target = (label == 1).float()
        if task == "edge":
            weight = torch.where(target == 1, 0.95, 0.05) * known
            return F.binary_cross_entropy_with_logits(output[:, 0], target, weight, reduction="sum") / known.sum()
        total = F.binary_cross_entropy_with_logits(output[:, 0] * known, target * known, reduction="sum")
        return total / known.sum()
    known = (label != 0).any(1, keepdim=True) if task == "normals" else label != 0
    channels = label.shape[1]
    return ((output - label).abs() * known).sum() / (known.sum() * channels)
