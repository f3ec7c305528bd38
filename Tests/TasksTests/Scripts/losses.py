"""Writes Fixtures/losses.json: every loss with its gradient, in float64, and how far PyTorch's own float32 is from it.

    python losses.py ../Fixtures/losses.json        needs torch and numpy

PyTorch's losses are used where they exist; the other formulas are written here, and torch.autograd.gradcheck compares
their gradients with differences. Outputs and labels are functions of names, as `RandomStream` of the program has them.
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES, HEIGHT, WIDTH = 5, 2, 17
UNKNOWN_SAMPLE = 3
MASK = (1 << 64) - 1


def bits(name, count):
    """`count` values of 64 bits: SplitMix64 started at the FNV-1a hash of the name."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & MASK
    values = []
    for index in range(count):
        z = (key + (index + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        values.append(z ^ (z >> 31))
    return values


def unit(name, count):
    return np.array([(value >> 40) / 2**24 for value in bits(name, count)])


def signed(name, count):
    return unit(name, count) * 2 - 1


def tensor(values, channels):
    """Values in N, H, W, C order."""
    return np.asarray(values, dtype=np.float32).reshape(SAMPLES, HEIGHT, WIDTH, channels)


def outputs(kind, channels):
    count = SAMPLES * HEIGHT * WIDTH * channels
    scale, around = {"classes": (4, 0), "score": (4, 0), "direction": (1, 0), "distance": (5, 4), "value": (3, 0)}[kind]
    return tensor(around + scale * signed("loss output " + kind, count), channels)


def labels(kind, channels):
    """One of 8 elements is unknown (all of a pixel, where a label's channels are known together), and one image."""
    own = 1 if kind == "classes" else channels
    pixels = SAMPLES * HEIGHT * WIDTH
    name = "loss label " + kind
    drawn = np.array(bits(name, pixels * own), dtype=np.uint64)
    if kind == "classes":
        # The last class is never seen.
        values = drawn % np.uint64(channels - 1)
    elif kind == "score":
        values = (drawn & np.uint64(3)) == 0
    elif kind == "direction":
        vectors = signed(name, pixels * own).reshape(-1, own)
        values = vectors / np.sqrt((vectors**2).sum(1, keepdims=True))
    elif kind == "distance":
        values = 0.05 + 9 * unit(name, pixels)
    else:
        values = 3 * signed(name, pixels * own)
    values = np.asarray(values, dtype=np.float32).reshape(pixels, own)
    together = own if kind == "direction" else 1
    unknown = np.array(bits(name + " unknown", pixels * own // together), dtype=np.uint64) % np.uint64(8) == 0
    unknown = np.repeat(unknown, together).reshape(pixels, own)
    unknown.reshape(SAMPLES, -1)[UNKNOWN_SAMPLE] = True
    values[unknown] = {"classes": 255, "score": 255, "direction": 0, "distance": 0, "value": np.nan}[kind]
    return tensor(values, own), torch.tensor(~unknown.reshape(SAMPLES, HEIGHT, WIDTH, own))


def class_weights(t, channels, formula):
    """Of pixels 255 is unknown. Eigen and Fergus 2015: frequencies are over the images that show the class."""
    pixels, images = np.zeros(channels), np.zeros(channels)
    for image in t:
        known = image[image != 255]
        for channel in range(channels):
            count = (known == channel).sum()
            pixels[channel] += count
            images[channel] += known.size if count else 0
    seen = pixels > 0
    weights = np.zeros(channels)
    if formula == "inverse":
        weights[seen] = pixels.sum() / (channels * pixels[seen])
    else:
        frequency = pixels[seen] / images[seen]
        weights[seen] = np.median(frequency) / frequency
    return weights


def known_images(known):
    return [sample for sample in range(SAMPLES) if known[sample].any()]


def dice(p, t, known, smooth):
    """1 - the mean over channels of the Dice coefficients of an image, the mean over images with a known pixel."""
    images = known_images(known)
    losses = []
    for sample in images:
        m = known[sample].to(p.dtype)
        both = (p[sample] * t[sample] * m).sum((0, 1))
        total = ((p[sample] + t[sample]) * m).sum((0, 1))
        losses.append(1 - ((2 * both + smooth) / (total + smooth)).mean())
    return sum(losses) / len(images)


def cross_entropy(o, t, known, weights=None, smoothing=0.0, gamma=0.0, dice_weight=0.0, smooth=1e-5):
    channels = o.shape[-1]
    classes = t[..., 0].long()
    flat, target = o.reshape(-1, channels), classes.reshape(-1)
    w = None if weights is None else torch.tensor(weights, dtype=o.dtype)
    if gamma == 0:
        loss = F.cross_entropy(flat, target, weight=w, ignore_index=255, label_smoothing=smoothing)
    else:
        flat, target = flat[target != 255], target[target != 255]
        surprise = F.cross_entropy(flat, target, reduction="none")
        own = torch.ones_like(surprise) if w is None else w[target]
        loss = (own * (1 - torch.exp(-surprise)) ** gamma * surprise).sum() / own.sum()
    if dice_weight > 0:
        truth = F.one_hot(torch.where(classes == 255, 0, classes), channels).to(o.dtype)
        loss = loss + dice_weight * dice(torch.softmax(o, -1), truth, known, smooth)
    return loss


def binary(o, t, known, positive=1.0, negative=1.0, gamma=0.0, dice_weight=0.0, smooth=1e-5, adds_log2=False):
    if adds_log2:
        m = known.to(o.dtype)
        return F.binary_cross_entropy_with_logits(o * m, t * m, reduction="sum") / known.sum()
    if gamma == 0:
        each = F.binary_cross_entropy_with_logits(
            o[known], t[known], weight=torch.full_like(o[known], negative),
            pos_weight=torch.tensor(positive / negative, dtype=o.dtype), reduction="none")
    else:
        p, q = torch.sigmoid(o[known]), torch.sigmoid(-o[known])
        each = (positive * t[known] * q**gamma * F.softplus(-o[known])
                + negative * (1 - t[known]) * p**gamma * F.softplus(o[known]))
    loss = each.mean()
    if dice_weight > 0:
        loss = loss + dice_weight * dice(torch.sigmoid(o), torch.where(known, t, 0), known, smooth)
    return loss


def balanced(o, t, known):
    positives = (t[known] > 0.5).sum().item() / known.sum().item()
    return binary(o, t, known, positive=1 - positives, negative=positives)


def logarithm(x, smallest=0.1):
    return torch.where(x < smallest, np.log(smallest) + (x - smallest) / smallest, torch.log(x.clamp_min(smallest)))


def berhu(o, t, known, factor=0.2, held=None):
    """c is a constant of the gradient; `held` is the output that it is taken from."""
    held = o.detach() if held is None else held
    total = 0
    for sample in known_images(known):
        x = (o[sample] - t[sample])[known[sample]].abs()
        c = factor * (held[sample] - t[sample])[known[sample]].abs().max()
        total = total + torch.where(x <= c, x, (x * x + c * c) / (2 * c)).sum()
    return total / known.sum()


def log_l1(o, t, known):
    return (logarithm(o[known]) - logarithm(t[known])).abs().mean()


def silog(o, t, known, share=0.5):
    images = known_images(known)
    total = 0
    for sample in images:
        d = logarithm(o[sample][known[sample]]) - logarithm(t[sample][known[sample]])
        total = total + (d * d).mean() - share * d.mean() ** 2
    return total / len(images)


def cosine(o, t, known):
    pixels = known[..., 0]
    return (1 - F.cosine_similarity(o[pixels], t[pixels], dim=-1)).mean()


# Kind, channels, the loss as configurations have it, the function, and whether PyTorch has it as a whole.
WEIGHTS = [0.5, 2, 1, 0]
CASES = [
    ("classes", 4, "cross_entropy", cross_entropy, True),
    ("classes", 4, "{class_weights: [0.5, 2, 1, 0], label_smoothing: 0.1}",
     lambda o, t, k: cross_entropy(o, t, k, weights=WEIGHTS, smoothing=0.1), True),
    ("classes", 4, "{class_weights: balanced}",
     lambda o, t, k: cross_entropy(o, t, k, weights=class_weights(t.numpy(), 4, "inverse")), True),
    ("classes", 4, "{class_weights: balanced, class_frequency: median, label_smoothing: 0.1, dice: 0.5}",
     lambda o, t, k: cross_entropy(
         o, t, k, weights=class_weights(t.numpy(), 4, "median"), smoothing=0.1, dice_weight=0.5), False),
    ("classes", 4, "{dice: 2, dice_smooth: 1}",
     lambda o, t, k: cross_entropy(o, t, k, dice_weight=2, smooth=1), False),
    ("classes", 4, "focal", lambda o, t, k: cross_entropy(o, t, k, gamma=2), False),
    ("classes", 4, "{type: focal, gamma: 0.5, class_weights: [0.5, 2, 1, 0], dice: 0.5}",
     lambda o, t, k: cross_entropy(o, t, k, weights=WEIGHTS, gamma=0.5, dice_weight=0.5), False),
    ("score", 1, "bce", binary, True),
    ("score", 1, "{positive_weight: 0.95, negative_weight: 0.05}",
     lambda o, t, k: binary(o, t, k, positive=0.95, negative=0.05), True),
    ("score", 1, "{unknown_adds_log2: true}", lambda o, t, k: binary(o, t, k, adds_log2=True), True),
    ("score", 3, "{type: bce, positive_weight: 4}", lambda o, t, k: binary(o, t, k, positive=4), True),
    ("score", 3, "{type: bce, positive_weight: balanced}", balanced, True),
    ("score", 3, "{positive_weight: 4, dice: 0.5}",
     lambda o, t, k: binary(o, t, k, positive=4, dice_weight=0.5), False),
    ("score", 1, "{type: focal, gamma: 2, positive_weight: 0.25, negative_weight: 0.75}",
     lambda o, t, k: binary(o, t, k, positive=0.25, negative=0.75, gamma=2), False),
    ("score", 3, "{type: focal, gamma: 1.5, dice: 1}",
     lambda o, t, k: binary(o, t, k, gamma=1.5, dice_weight=1), False),
    ("direction", 3, "l1", lambda o, t, k: F.l1_loss(o[k], t[k]), True),
    ("direction", 3, "l2", lambda o, t, k: F.mse_loss(o[k], t[k]), True),
    ("direction", 3, "cosine", cosine, True),
    ("distance", 1, "l1", lambda o, t, k: F.l1_loss(o[k], t[k]), True),
    ("distance", 1, "l2", lambda o, t, k: F.mse_loss(o[k], t[k]), True),
    ("distance", 1, "berhu", berhu, False),
    ("distance", 1, "log_l1", log_l1, False),
    ("distance", 1, "silog", silog, False),
    ("distance", 1, "{type: silog, lambda: 0.85}", lambda o, t, k: silog(o, t, k, share=0.85), False),
    ("value", 2, "l1", lambda o, t, k: F.l1_loss(o[k], t[k]), True),
    ("value", 2, "l2", lambda o, t, k: F.mse_loss(o[k], t[k]), True),
    ("value", 2, "{type: huber, delta: 1.5}", lambda o, t, k: F.huber_loss(o[k], t[k], delta=1.5), True),
]
WEIGHT = 1.5


def run(function, o, t, known, dtype):
    o = torch.tensor(o, dtype=dtype, requires_grad=True)
    loss = WEIGHT * function(o, torch.tensor(t, dtype=dtype), known)
    (gradient,) = torch.autograd.grad(loss, o)
    return loss.item(), gradient.double().numpy()


def check(function, o, t, known):
    """Differences against the formula's gradient."""
    inputs = torch.tensor(o, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor(t, dtype=torch.float64)
    held = {"held": inputs.detach().clone()} if function is berhu else {}
    assert torch.autograd.gradcheck(lambda x: function(x, labels, known, **held), (inputs,))


def main():
    cases = []
    for kind, channels, settings, function, has_torch in CASES:
        o = outputs(kind, channels)
        t, known = labels(kind, channels)
        if not has_torch:
            check(function, o, t, known)
        value, gradient = run(function, o, t, known, torch.float64)
        value32, gradient32 = run(function, o, t, known, torch.float32)
        cases.append({
            "kind": kind, "channels": channels, "loss": settings, "value": value,
            "gradient": [float(f"{x:.10g}") for x in gradient.reshape(-1)],
            "float32": {"value": abs(value32 - value), "gradient": float(np.abs(gradient32 - gradient).max())},
        })
        print(f"{kind:10} {settings:80} {value:.6f}")
    head = {"torch": torch.__version__, "samples": SAMPLES, "height": HEIGHT, "width": WIDTH, "weight": WEIGHT}
    with open(sys.argv[1], "w") as file:
        lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
        file.write(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n")


main()
