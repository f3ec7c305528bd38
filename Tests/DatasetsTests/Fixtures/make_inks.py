"""Writes formats/cmyk.jpg and formats/ycck.jpg, JPEG files of four components, and beside each what Pillow reads from it.

    python make_inks.py formats

It was run with Pillow 13.0.0. Rows are not subsampled, so every libjpeg decodes them to the same bytes.
"""

import sys

from PIL import Image

folder = sys.argv[1]
HEIGHT, WIDTH = 24, 40


def ramps(offset):
    return Image.frombytes(
        "L", (WIDTH, HEIGHT), bytes((7 * row + 5 * column + offset) % 256 for row in range(HEIGHT) for column in range(WIDTH))
    )


def save(name, planes, transform):
    """Saves four planes as they are to be stored; `transform` is the Adobe marker's: 0 for CMYK, 2 for YCCK."""
    path = f"{folder}/{name}.jpg"
    # Pillow writes 255 less its values.
    Image.merge("CMYK", [plane.point(lambda value: 255 - value) for plane in planes]).save(
        path, quality=95, subsampling=0)
    data = bytearray(open(path, "rb").read())
    marker = data.index(b"Adobe")
    assert data[marker + 11] == 0
    data[marker + 11] = transform
    open(path, "wb").write(data)
    with Image.open(path) as image:
        assert image.mode == "CMYK"
        image.convert("RGB").save(f"{folder}/{name}.png")


black = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
save("cmyk", [ramps(0), ramps(70), ramps(140), black], 0)
save("ycck", [*Image.merge("RGB", [ramps(0), ramps(30), ramps(90)]).convert("YCbCr").split(), black], 2)
