#!/usr/bin/env bash
# scikit-image's find_boundaries(mode="outer") marks other pixels, if the labels are int64.
#
# Version:    scikit-image 0.26.0, scipy 1.17.1, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  the boundaries of a label map depend on which pixels have equal labels, not on the type that holds the labels.
#             "outer" marks background around objects, and pixels of objects only where two of them touch.
# What is so: for "outer" the background gets the largest value of the type before an erosion. SciPy's filters compute in
#             float64, which has no 2^63 - 1: the value is rounded up to 2^63, and on x86-64 comes back as the lowest int64.
#             The erosion goes along columns first and then along rows. So background that wrapped in the first pass wins
#             the second, and the left and right sides of an object are marked as if they touched another object, the top
#             and the bottom not. uint64 wraps too. int64 is what NumPy makes of Python's integers, and what argmax and
#             zeros(shape, int) give, so the type of most predictions; the documentation's examples are uint8. "inner" and
#             "thick" are right.
# Seen:       a square of 4 × 4, every type up to 32 bits: 16 pixels of background around it. int64 and uint64: the same 16,
#             and 8 of the square, its left and right columns.
# What helps: labels.astype(numpy.int32) first.
#
# Fails when this is no longer so. Run by hand, on x86-64.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6

cat >"$folder/boundaries.py" <<'PYTHON'
import numpy
from scipy import ndimage
from skimage.segmentation import find_boundaries

square = numpy.zeros((8, 8), numpy.uint8)
square[2:6, 2:6] = 1
for kind in ["uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]:
    labels = square.astype(kind)
    outer = find_boundaries(labels, mode="outer")
    print(f"{kind}: {(outer & (square == 0)).sum()} of background, {(outer & (square == 1)).sum()} of the square")
    assert (outer & (square == 0)).sum() == 16
    sides = numpy.zeros((8, 8), bool)
    if kind in ["int64", "uint64"]:
        sides[2:6, [2, 5]] = True
    assert numpy.array_equal(outer & (square == 1), sides)
    turned = find_boundaries(labels.T.copy(), mode="outer").T
    assert numpy.array_equal(turned, outer) == (not sides.any())
    for mode, count in [("thick", 28), ("inner", 12)]:
        assert find_boundaries(labels, mode=mode).sum() == count
largest = numpy.full((3, 3), numpy.iinfo(numpy.int64).max)
found = ndimage.grey_erosion(largest, size=(3, 3))
print(f"erosion of {largest[0, 0]} everywhere: {found[0, 0]}")
assert (found == numpy.iinfo(numpy.int64).min).all()
PYTHON

"$folder/venv/bin/python" "$folder/boundaries.py" || {
    echo "this has changed: boundaries of int64 labels are expected to differ" >&2
    exit 1
}
