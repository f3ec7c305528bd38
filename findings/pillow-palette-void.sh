#!/usr/bin/env bash
# Pillow saves the label 255 of a palette PNG as a class, if the palette has sixteen colours or fewer.
#
# Version:    pillow 13.0.0, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  a label map with a palette of its classes' colours keeps its bytes in a PNG. 255, which means "not labelled",
#             has no colour of its own, but is a byte like any other; or else saving it is an error.
# What is so: the PNG gets as few bits a pixel as the palette's length asks for: 1, 2 or 4 for at most 2, 4 or 16 colours.
#             The pixels are cut to these bits without a word. With four colours 255 becomes 3, the last class, which cannot
#             be told from the true one any more; with seven it becomes 15. bits=8 changes nothing. With 17 colours or more,
#             so with the 21 of PASCAL VOC, or as a TIFF or BMP, 255 stays.
# Seen:       4 colours: 0 1 3 255 -> 0 1 3 3; 7 colours: 0 1 6 255 -> 0 1 6 15; 21 colours: 0 1 20 255 -> 0 1 20 255.
# What helps: give putpalette all 256 colours (768 numbers).
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6

cat >"$folder/labels.py" <<'PYTHON'
import sys

import numpy
from PIL import Image

folder = sys.argv[1]


def saved(classes, colours, name="labels.png", **options):
    labels = numpy.array([[0, 1, classes - 1, 255]], numpy.uint8)
    picture = Image.fromarray(labels)
    picture.putpalette([9 * number % 256 for number in range(3 * colours)])
    assert picture.mode == "P" and numpy.array_equal(labels, picture)
    picture.save(f"{folder}/{name}", **options)
    with Image.open(f"{folder}/{name}") as read:
        found = numpy.asarray(read)[0].tolist()
    print(f"{colours} colours, {name} {options or ''}: {labels[0].tolist()} -> {found}")
    return found


assert saved(2, 2) == [0, 1, 1, 1]
assert saved(4, 4) == saved(4, 4, bits=8) == [0, 1, 3, 3]
assert saved(7, 7) == [0, 1, 6, 15]
assert saved(16, 16) == [0, 1, 15, 15]
assert saved(17, 17) == [0, 1, 16, 255]
assert saved(21, 21) == [0, 1, 20, 255]
assert saved(4, 256) == [0, 1, 3, 255]
assert saved(4, 4, "labels.tif") == saved(4, 4, "labels.bmp") == [0, 1, 3, 255]
PYTHON

"$folder/venv/bin/python" "$folder/labels.py" "$folder" || {
    echo "this has changed: Pillow is expected to cut labels to the bits that the palette asks for" >&2
    exit 1
}
