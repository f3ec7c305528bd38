"""Checks an ONNX file and runs it in ONNX Runtime against maps that `modulor predict` gave.

    python run_onnx.py FILE.onnx IMAGE.npy TASK=MAP.npy...

IMAGE is height x width x 3 from 0 to 255, a MAP height x width x channels. The image is run alone and as the second of
a batch. Prints for each task the largest difference and the largest value; fails where they are not as they should be.
"""
import sys

import numpy
import onnx
import onnxruntime

path, image, maps = sys.argv[1], numpy.load(sys.argv[2]), dict(a.split("=", 1) for a in sys.argv[3:])
onnx.checker.check_model(onnx.load(path), full_check=True)
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
assert [i.name for i in session.get_inputs()] == ["image"]
assert sorted(o.name for o in session.get_outputs()) == sorted(maps), session.get_outputs()
pixels = numpy.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(numpy.float32))
batch = numpy.concatenate([255 - pixels, pixels])
names = list(maps)
worst = 0.0
for name, alone, both in zip(names, session.run(names, {"image": pixels}), session.run(names, {"image": batch})):
    expected = numpy.load(maps[name])
    for answer in (alone[0], both[1]):
        answer = answer.transpose(1, 2, 0)
        assert answer.shape == expected.shape, (answer.shape, expected.shape)
        difference, largest = abs(answer - expected).max(), abs(expected).max()
        print(f"{name}: largest difference {difference:.3g}, largest value {largest:.3g}")
        assert largest > 0
        worst = max(worst, difference / largest)
print(f"worst {worst:.3g}")
sys.exit(0 if worst <= 1e-4 else 1)
