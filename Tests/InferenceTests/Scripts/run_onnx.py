"""Checks an ONNX file and runs it in ONNX Runtime against maps that `modulor predict` gave.

    python run_onnx.py FILE.onnx IMAGE.npy TASK=MAP.npy...

IMAGE is height x width x 3 from 0 to 255, a MAP height x width x channels. The image is run alone and as the second of
a batch. Prints for each task how far the answers are apart, and fails where that is more than 1e-4:

- absolutely, for what has a scale of its own: components of normals, which are unit vectors, and probabilities, which are
  the softmax of classes and the sigmoid of edges and saliency;
- as a share of the map's largest value, for what has none: metres, the scores that probabilities are made of, and a
  user's own tasks.
"""
import sys

import numpy
import onnx
import onnxruntime

ALLOWED = 1e-4


def bounded(task, values):
    """The answer on a scale from -1 to 1, in double precision; None where the task has none."""
    values = values.astype(numpy.float64)
    if task == "normals":
        # Squares, their sum, root and quotient are each rounded to 2**-24 of themselves.
        assert abs(numpy.linalg.norm(values, axis=-1) - 1).max() < 1e-6, "normals are unit vectors"
        return values
    if task in ("edge", "sal"):
        return 1 / (1 + numpy.exp(-values))
    if task in ("semseg", "human_parts"):
        shares = numpy.exp(values - values.max(axis=-1, keepdims=True))
        return shares / shares.sum(axis=-1, keepdims=True)
    return None


path, image, maps = sys.argv[1], numpy.load(sys.argv[2]), dict(a.split("=", 1) for a in sys.argv[3:])
onnx.checker.check_model(onnx.load(path), full_check=True)
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
image_name, = [i.name for i in session.get_inputs()]
assert image_name == ("image/input" if "image" in maps else "image"), image_name
assert sorted(o.name for o in session.get_outputs()) == sorted(maps), session.get_outputs()
pixels = numpy.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(numpy.float32))
batch = numpy.concatenate([255 - pixels, pixels])
names = list(maps)
passes = True
for name, alone, both in zip(names, session.run(names, {image_name: pixels}), session.run(names, {image_name: batch})):
    expected = numpy.load(maps[name])
    for answer in (alone[0], both[1]):
        answer = answer.transpose(1, 2, 0)
        assert answer.shape == expected.shape, (answer.shape, expected.shape)
        largest = abs(expected).max()
        assert largest > 0
        differences = {"of the largest value": abs(answer - expected).max() / largest}
        if bounded(name, expected) is not None:
            differences["absolutely"] = abs(bounded(name, answer) - bounded(name, expected)).max()
        print(f"{name}: largest value {largest:.3g}, apart by",
              ", ".join(f"{value:.2g} {kind}" for kind, value in differences.items()))
        passes = passes and all(value <= ALLOWED for value in differences.values())
sys.exit(0 if passes else 1)
