#!/usr/bin/env bash
# Pillow reads a depth map from a compressed TIFF with its bytes swapped, if the file is big-endian: 1.5 m becomes 6.9e-41.
#
# Version:    pillow 13.0.0, tifffile 2026.3.3, imagecodecs 2026.3.6, opencv-python-headless 5.0.0.93, numpy 2.4.6 (PyPI),
#             seen on 2026-12-01
# The guess:  a TIFF's first two bytes, II or MM, say its byte order, and a reader of any age heeds them; if it reads one
#             big-endian file rightly, it reads all.
# What is so: Pillow swaps the bytes of uncompressed files itself, and does so too for compressed ones, whose samples come
#             from libtiff in the machine's order already. Files of 16-bit unsigned samples are right both ways. With
#             float32, int32 and int16 every compressed big-endian file, by Deflate, LZW, PackBits or Zstandard, in strips
#             or tiles, is read as swapped numbers: no error, right size, right mode. tifffile and OpenCV read the same
#             files rightly.
# Seen:       float32 1.5 -> 6.9e-41; int32 3 -> 50331648; int16 3 -> 768; uint16 and all uncompressed ones as written.
# What helps: read TIFFs of labels with tifffile, or write them little-endian or without compression.
#
# Fails when this is no longer so. Run by hand, on a little-endian machine.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 opencv-python-headless==5.0.0.93 numpy==2.4.6

cat >"$folder/order.py" <<'PYTHON'
import sys

import cv2
import numpy
import tifffile
from PIL import Image

path = f"{sys.argv[1]}/labels.tif"
values = numpy.array([[1.5, 2.25, 3], [5, 300, 12000]])
for kind in ["float32", "int32", "int16", "uint16"]:
    labels = values.astype(kind)
    for order in "<>":
        for compression in [None, "zlib", "lzw", "packbits", "zstd"]:
            for tile in [None, (16, 16)]:
                tifffile.imwrite(path, labels, byteorder=order, compression=compression, tile=tile)
                assert numpy.array_equal(tifffile.imread(path), labels)
                if compression != "zstd":  # OpenCV's wheel has none
                    assert numpy.array_equal(cv2.imread(path, cv2.IMREAD_UNCHANGED), labels)
                with Image.open(path) as picture:
                    found = numpy.asarray(picture)
                swapped = order == ">" and compression is not None and kind != "uint16"
                expected = labels.byteswap() if swapped else labels
                assert found.astype(kind).tobytes() == expected.tobytes(), (kind, order, compression, tile)
        print(f"{kind}, {'little' if order == '<' else 'big'}-endian, compressed: {labels[0]} -> {found[0]}")
PYTHON

"$folder/venv/bin/python" "$folder/order.py" "$folder" || {
    echo "this has changed: Pillow is expected to swap the bytes of compressed big-endian TIFFs" >&2
    exit 1
}
