#!/usr/bin/env bash
# torchmetrics has three mean IoUs: MeanIoU is not the mean of its own per-class values, nor that of PASCAL VOC.
#
# Version:    torchmetrics 1.9.0, torch 2.15.0 (PyPI; the build for CPUs is the same), seen on 2026-12-01
# The guess:  torchmetrics.segmentation.MeanIoU over a data set is the metric of that name of PASCAL VOC and Cityscapes:
#             intersections and unions are summed over all images, divided class by class, and averaged over classes.
#             per_class=True gives what it is the mean of.
# What is so: MeanIoU divides image by image. Its value is the mean over all pairs of an image and a class that is in it, or
#             in its prediction, so that a class counts as often as it has images: a background that is everywhere outweighs
#             all others. With per_class=True each class is averaged over its images, so that the mean of these weighs
#             classes alike, but an object of one pixel like one of thousands. Neither can be had from the other, nor from a
#             confusion matrix. MulticlassJaccardIndex is the metric of the benchmarks. It can be higher or lower than both.
# Seen:       8 images of 10 pixels: 6 of class 0 only and all right; one with 1 pixel of class 1, which is missed; one with
#             9 of class 1, which are found. MeanIoU 0.89, the mean of its per-class values 0.744, MulticlassJaccardIndex
#             0.943.
# What helps: MulticlassJaccardIndex(classes, average="macro"), which has ignore_index too.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torchmetrics==1.9.0 torch==2.15.0 numpy==2.4.6

cat >"$folder/iou.py" <<'PYTHON'
import torch
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.segmentation import MeanIoU

truth = torch.zeros(8, 1, 10, dtype=torch.long)
truth[6, 0, 0] = 1
truth[7, 0, 1:] = 1
prediction = truth.clone()
prediction[6] = 0
metrics = {
    "MeanIoU": MeanIoU(num_classes=2, input_format="index"),
    "MeanIoU per class": MeanIoU(num_classes=2, input_format="index", per_class=True),
    "MulticlassJaccardIndex": MulticlassJaccardIndex(2, average="macro"),
}
found = {}
for name, metric in metrics.items():
    for begin in range(0, 8, 2):
        metric.update(prediction[begin : begin + 2], truth[begin : begin + 2])
    found[name] = metric.compute()
    print(f"{name}: {found[name].tolist()}, mean {found[name].mean():.4f}")
expected = [(6 + 0.9 + 0 + 1 + 1) / 10, ((6 + 0.9 + 1) / 8 + (0 + 1) / 2) / 2, (70 / 71 + 9 / 10) / 2]
for value, metric in zip(expected, found.values(), strict=True):
    assert abs(metric.mean() - value) < 1e-6
PYTHON

"$folder/venv/bin/python" "$folder/iou.py" || {
    echo "this has changed: torchmetrics is expected to have three mean IoUs" >&2
    exit 1
}
