#!/usr/bin/env bash
# OpenCV mixes the channels of a 16-bit TIFF of surface normals to one grey, with IMREAD_UNCHANGED, if it is not called RGB.
#
# Version:    opencv-python-headless 5.0.0.93, tifffile 2026.3.3, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  IMREAD_UNCHANGED returns what is in the file: its type, its channels, its numbers; or None where OpenCV
#             cannot.
# What is so: a TIFF says how its samples are meant to be seen. Three that are colours are photometric RGB, others (normals,
#             flow, bands) "minisblack" with extra samples. For these OpenCV takes the picture for grey, and how it gets one
#             grey depends on the type. 8 bits: the first channel, the others are dropped. 16 bits, three or four channels:
#             0.299, 0.587 and 0.114 of the first three, as of colours. 16 bits, two channels: the high byte of the first,
#             as uint8. float32 and float64 with three or four: all of them, the first three in the order of BGR; with two:
#             None. No error and no warning in the cases between.
# Seen:       a pixel (300, 800, 1300) of uint16: RGB -> [1300, 800, 300]; minisblack -> 708; its first two alone -> 1,
#             uint8. float32, minisblack -> [1300, 800, 300]. uint8 (30, 80, 130), minisblack -> 30.
# What helps: tifffile.imread, or a file for each channel; after cv2.imread a check of dtype and shape.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6

cat >"$folder/channels.py" <<'PYTHON'
import sys

import cv2
import numpy
import tifffile

path = f"{sys.argv[1]}/normals.tif"


def read(kind, pixel, photometric):
    written = numpy.tile(numpy.array(pixel, kind), (4, 5, 1))
    tifffile.imwrite(path, written, photometric=photometric, planarconfig="contig")
    assert numpy.array_equal(tifffile.imread(path), written)
    found = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if found is None:
        print(f"{kind} {pixel}, {photometric}: None")
        return None
    assert (found == found[0, 0]).all()
    print(f"{kind} {pixel}, {photometric}: {found[0, 0].tolist()}, {found.dtype}")
    return found.dtype.name, found[0, 0].tolist()


assert read("uint16", [300, 800, 1300], "rgb") == ("uint16", [1300, 800, 300])
assert read("uint16", [300, 800, 1300], "minisblack") == ("uint16", 708)
assert read("int16", [300, 800, 1300], "minisblack") == ("int16", 708)
assert read("uint16", [300, 800, 1300, 1800], "minisblack") == ("uint16", 708)
assert read("uint16", [300, 800], "minisblack") == ("uint8", 300 >> 8)
assert read("uint8", [30, 80, 130], "rgb") == ("uint8", [130, 80, 30])
assert read("uint8", [30, 80, 130], "minisblack") == ("uint8", 30)
assert read("uint8", [30, 80], "minisblack") == ("uint8", 30)
for kind in ["float32", "float64"]:
    assert read(kind, [300, 800, 1300], "minisblack") == (kind, [1300, 800, 300])
    assert read(kind, [300, 800], "minisblack") is None
PYTHON

"$folder/venv/bin/python" "$folder/channels.py" "$folder" || {
    echo "this has changed: OpenCV is expected to make one grey of channels that are no colours" >&2
    exit 1
}
