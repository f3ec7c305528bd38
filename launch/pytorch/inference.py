"""One image through the merged network: PyTorch, and ONNX Runtime with a file that Modulor exported.

    inference.py '{"backbone": …}' [FILE.onnx]     answers each line "torch" or "onnx" with the seconds of one image

Merging folds the modulators and batch norms into the convolutions before them.
"""

import json
import sys
import time

import numpy
import torch
from torch import nn

import network
import step


def folded(weight, norm, convolution):
    """A convolution with bias that does what `weight` and then the batch norm do."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    merged = nn.Conv2d(
        weight.shape[1], weight.shape[0], weight.shape[2:], convolution.stride, convolution.padding,
        convolution.dilation)
    merged.weight.data = weight * scale[:, None, None, None]
    merged.bias.data = norm.bias - norm.running_mean * scale
    return merged


class Ignoring(nn.Module):
    """A module in the place of one that is also told the task."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x, task):
        return self.inner(x)


def merge(model, task):
    """Rewrites the network of one task in place."""
    def reparameterized(owner, convolution, norm):
        bank = getattr(owner, convolution)
        modulator = bank.Wt[task]
        if isinstance(modulator, network.NormalizedModulator):
            rows = modulator.weight_g * modulator.weight_v / modulator.weight_v.norm(dim=1, keepdim=True)
        else:
            rows = modulator.weight
        product = torch.einsum("oi,ichw->ochw", rows[:, :, 0, 0], bank.Ws.weight)
        setattr(owner, convolution, Ignoring(folded(product, getattr(owner, norm).bnorm[task], bank.Ws)))
        setattr(owner, norm, Ignoring(nn.Identity()))

    with torch.no_grad():
        reparameterized(model, "conv1", "bn1")
        for stage in range(1, 5):
            for block in getattr(model, f"layer{stage}"):
                for index in range(1, 4 if block.is_bottleneck else 3):
                    reparameterized(block, f"conv{index}", f"bn{index}")
                if block.downsample is not None:
                    shortcut = block.downsample.conv.conv[task]
                    norm = block.downsample.bnorm.bnorm[task]
                    block.downsample = Ignoring(folded(shortcut.weight, norm, shortcut))
        for name, module in list(model.named_modules()):
            if isinstance(module, nn.Sequential):
                for place in range(len(module) - 1):
                    if isinstance(module[place], nn.Conv2d) and isinstance(module[place + 1], nn.BatchNorm2d):
                        module[place] = folded(module[place].weight, module[place + 1], module[place])
                        module[place + 1] = nn.Identity()
    return model


def main():
    case = json.loads(sys.argv[1])
    torch.set_num_threads(case["threads"])
    task = case["tasks"][0]
    model = network.Network(
        case["backbone"], case["width"], case["output_stride"], case["nff"], case["aspp"], case["low"], [task])
    step.fill(model)
    model.eval()
    height, width = case["size"]
    image = (1.5 * step.signed("input.eval", (1, 3, height, width))).float()
    with torch.inference_mode():
        small = image[..., :65, :97]
        before = model(small, task)
        merge(model, task)
        stray = ((model(small, task) - before).abs().max() / before.abs().max()).item()
        if stray > 1e-3:
            sys.exit(f"merging changed the outputs by {stray:.1e} of the largest")
        layout = torch.channels_last if case["mode"] == "channels_last" else torch.contiguous_format
        model.to(memory_format=layout)
        image = image.contiguous(memory_format=layout)
        session = None
        if len(sys.argv) > 2:
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = case["threads"]
            options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])
            feed = {session.get_inputs()[0].name: numpy.ascontiguousarray(image.numpy())}
        for line in sys.stdin:
            begin = time.perf_counter()
            if line.strip() == "onnx":
                session.run(None, feed)
            else:
                model(image, task)
            print(json.dumps({"seconds": time.perf_counter() - begin}), flush=True)


if __name__ == "__main__":
    main()
