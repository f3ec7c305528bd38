#!/usr/bin/env bash
# Pillow rotates a depth map of 16 bits into noise of 8 bits, without an error.
#
# Version:    pillow 13.0.0, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  a picture of mode "I;16", as a 16-bit PNG is opened, can be rotated bilinearly, since it can be resized
#             bilinearly, rotated with the nearest neighbour, mirrored and padded. What Pillow has not for this mode, such
#             as filter() and blend(), raises an error.
# What is so: rotate() and transform() with BILINEAR or BICUBIC take the bytes of the left half of each row for the pixels
#             of the whole row. The result has the right size and mode, and values under 256: the low and the high byte of
#             every pixel in turn. Even a transform by the identity does so. paste() of a number repeats its low byte, and
#             through a mask it covers the left half only; ImageStat sees bytes too.
# Seen:       5000 6000 7000 8000 9000 10000 11000 12000, by the identity, bilinearly: 136 19 112 23 88 27 64 31 (5000 =
#             0x1388, 0x88 = 136, 0x13 = 19); resized to its own size, rightly: the same numbers.
# What helps: convert("I") or convert("F") first; both are warped rightly. Back to 16 bits through NumPy.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6

cat >"$folder/warp.py" <<'PYTHON'
import sys

import numpy
from PIL import Image, ImageFilter, ImageStat

depth = numpy.tile(numpy.arange(5000, 13000, 1000, dtype=numpy.uint16), (8, 1))
picture = Image.fromarray(depth)
assert picture.mode == "I;16"
for unsupported in [lambda: picture.filter(ImageFilter.MedianFilter(3)), lambda: Image.blend(picture, picture, 0.5)]:
    try:
        unsupported()
        sys.exit("no error where one is expected")
    except ValueError:
        pass
identity = (1, 0, 0, 0, 1, 0)
halves = numpy.ascontiguousarray(depth.astype("<u2")[:, :4]).view(numpy.uint8)


def warped(source, resample):
    return numpy.asarray(source.transform(source.size, Image.Transform.AFFINE, identity, resample))


for name in ["NEAREST", "BILINEAR", "BICUBIC"]:
    resample = Image.Resampling[name]
    found = warped(picture, resample)
    print(f"{name}: {depth[4].tolist()} -> {found[4].tolist()}")
    assert found.dtype == numpy.uint16
    assert numpy.array_equal(found, depth if name == "NEAREST" else halves)
    assert numpy.array_equal(warped(picture.convert("I"), resample), depth)
    assert numpy.array_equal(warped(picture.convert("F"), resample), depth)
    turned = numpy.asarray(picture.rotate(5, resample))
    print(f"{name}, rotated by 5 degrees: largest value {turned.max()}")
    assert turned.max() == 12000 if name == "NEAREST" else turned.max() < 256
assert numpy.array_equal(picture.resize((8, 8), Image.Resampling.BILINEAR, box=(0, 0, 8, 8)), depth)
doubled = numpy.asarray(picture.resize((16, 16), Image.Resampling.BILINEAR))
assert doubled[8, 0] == 5000 and doubled[8, 15] == 12000

filled = picture.copy()
filled.paste(0x9C40, (0, 0, 8, 8))
print(f"paste of {0x9C40:#x}: {numpy.asarray(filled)[4, 0]:#x}")
assert (numpy.asarray(filled) == 0x4040).all()
covered = picture.copy()
covered.paste(Image.new("I;16", (8, 8), 40000), (0, 0), Image.new("L", (8, 8), 128))
changed = (numpy.asarray(covered) != depth)[4]
print("paste through a mask of halves changes columns", numpy.flatnonzero(changed).tolist())
assert changed[:4].all() and not changed[4:].any()
assert ImageStat.Stat(picture).extrema[0][1] < 256
PYTHON

"$folder/venv/bin/python" "$folder/warp.py" || {
    echo "this has changed: Pillow is expected to warp pictures of 16 bits by their bytes" >&2
    exit 1
}
