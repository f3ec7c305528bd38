"""Loads a backbone into a ResNet of plain PyTorch, with torchvision's names, and compares its features.

    python load_backbone.py FILE.safetensors IMAGE.npy FEATURES.npy

IMAGE is height x width x 3, normalized; FEATURES height x width x channels. The network is torchvision's, except that
all blocks of a stage have the stage's dilation, and that it is as narrow as the file.
"""
import json
import struct
import sys

import numpy
import torch
from torch import nn


def read(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + begin : 8 + length + end], numpy.float32)
        tensors[name] = torch.tensor(values.reshape(entry["shape"]))
    return tensors, metadata


class Block(nn.Module):
    def __init__(self, inputs, channels, stride, dilation, bottleneck):
        super().__init__()
        self.bottleneck = bottleneck
        outputs = channels * (4 if bottleneck else 1)
        three = dict(kernel_size=3, padding=dilation, dilation=dilation, bias=False)
        if bottleneck:
            self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
            self.conv2 = nn.Conv2d(channels, channels, stride=stride, **three)
            self.conv3 = nn.Conv2d(channels, outputs, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(outputs)
        else:
            self.conv1 = nn.Conv2d(inputs, channels, stride=stride, **three)
            self.conv2 = nn.Conv2d(channels, channels, **three)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.bottleneck:
            y = self.bn3(self.conv3(torch.relu(y)))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, architecture, width, output_stride):
        super().__init__()
        blocks = {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3], "resnet50": [3, 4, 6, 3]}[architecture]
        bottleneck = architecture == "resnet50"
        strides, dilations = {16: ([1, 2, 2, 1], [1, 1, 1, 2]), 8: ([1, 2, 1, 1], [1, 1, 2, 4])}[output_stride]
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage in range(4):
            layers = []
            for block in range(blocks[stage]):
                channels = width << stage
                layers.append(Block(inputs, channels, strides[stage] if block == 0 else 1, dilations[stage], bottleneck))
                inputs = channels * (4 if bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, 1000)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, stride=2, padding=1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def network_of(tensors, metadata):
    """A network as the file's, with first values of its own."""
    return ResNet(metadata["architecture"], tensors["conv1.weight"].shape[0], int(metadata["output_stride"]))


def main():
    tensors, metadata = read(sys.argv[1])
    network = network_of(tensors, metadata).eval()
    loaded = network.load_state_dict(tensors, strict=False)
    assert loaded.unexpected_keys == [], loaded.unexpected_keys
    own = [k for k in loaded.missing_keys if not k.startswith("fc.") and not k.endswith("num_batches_tracked")]
    assert own == [], own
    image = torch.tensor(numpy.load(sys.argv[2])).permute(2, 0, 1)[None]
    with torch.no_grad():
        features = network(image)[0].permute(1, 2, 0).numpy()
    expected = numpy.load(sys.argv[3])
    assert features.shape == expected.shape, (features.shape, expected.shape)
    difference, largest = abs(features - expected).max(), abs(expected).max()
    print(f"largest difference {difference:.3g}, largest value {largest:.3g}")
    sys.exit(0 if 0 < largest and difference <= 1e-4 * largest else 1)


if __name__ == "__main__":
    main()
