"""Writes the TIFF and npz files of the folder arrays.

Needs numpy, Pillow, tifffile and imagecodecs. A map has 5 x 7 pixels; in row r, column c and channel k lies
10 r + c + 40 k, in signed files less 20, in files of floats a quarter of that less 3.
"""
import pathlib

import numpy
import tifffile
from PIL import Image

folder = pathlib.Path(__file__).parent / "arrays"


def numbers(kind, channels=1):
    rows, columns, planes = numpy.ogrid[:5, :7, :channels]
    values = 10 * rows + columns + 40 * planes
    kind = numpy.dtype(kind)
    values = values / 4 - 3 if kind.kind == "f" else values - 20 if kind.kind == "i" else values
    values = values.astype(kind)
    return values[..., 0] if channels == 1 else values


def write(name, values, **options):
    options.setdefault("metadata", None)
    options.setdefault("photometric", "minisblack")
    options.setdefault("software", "")
    tifffile.imwrite(folder / f"{name}.tif", values, **options)



for kind in "u1 u2 u4 i1 i2 i4 f2 f4 f8".split():
    write(kind, numbers(kind))
write("f4_big_endian", numbers("f4"), byteorder=">")
write("u2_big_endian_lzw_predictor", numbers("u2"), byteorder=">", compression="lzw", predictor=2)
write("f4_bigtiff", numbers("f4"), bigtiff=True)
write("f4_2", numbers("f4", 2), planarconfig="contig", extrasamples=[0])
write("f4_2_planes", numbers("f4", 2).transpose(2, 0, 1), planarconfig="separate", extrasamples=[0])
write("f4_5_rows", numbers("f4", 5), planarconfig="contig", extrasamples=[0] * 4, rowsperstrip=2, compression="zlib")
write("f4_2_tiles", numbers("f4", 2), planarconfig="contig", extrasamples=[0], tile=(16, 16), compression="zlib")
write("u2_3_planes_tiles", numbers("u2", 3).transpose(2, 0, 1), planarconfig="separate", extrasamples=[0, 0],
      tile=(16, 16), compression="lzw")
write("f4_lzw", numbers("f4"), compression="lzw")
write("f4_deflate_predictor", numbers("f4"), compression="zlib", predictor=3)
write("f4_zstd", numbers("f4"), compression="zstd")
write("i2_packbits", numbers("i2"), compression="packbits")
write("rgb8", numbers("u1", 3), photometric="rgb")
write("rgb16", numbers("u2", 3) * 257, photometric="rgb")
write("rgba8", numbers("u1", 4), photometric="rgb", extrasamples=["unassalpha"])
colors = numpy.zeros((3, 256), "u2")
colors[0] = 65535 - 257 * numpy.arange(256)
write("palette8", numbers("u1"), photometric="palette", colormap=colors)
# (r + c) modulo what the bits hold.
small = numpy.add.outer(numpy.arange(5), numpy.arange(7))
for bits in (2, 4):
    write(f"bits{bits}", (small % (1 << bits)).astype("u1"), bitspersample=bits)
one = Image.fromarray((small % 2).astype("u1") * 255).convert("1")
one.save(folder / "bits1.tif")
one.save(folder / "bits1_fax4.tif", compression="group4")
nodata = numbers("f4")
nodata[1, 2] = -9999
nodata[2, 3] = numpy.nan
nodata[3, 4] = numpy.inf
write("nodata", nodata, extratags=[(42113, "s", 0, "-9999", True)])
with tifffile.TiffWriter(folder / "overview.tif") as writer:
    writer.write(numbers("u1"), photometric="minisblack", metadata=None, software="")
    writer.write(numbers("u1")[::2, ::2], photometric="minisblack", metadata=None, software="", subfiletype=1)

# These are refused.
write("refused_pages", numpy.stack([numbers("u1")] * 2))
write("refused_jpeg", numbers("u1"), compression="jpeg")
write("refused_lzma", numbers("u1"), compression="lzma")
write("refused_complex", numbers("f4").astype("c8"))
write("refused_white", numbers("u1"), photometric="miniswhite")
write("refused_turned", numbers("u1"), extratags=[(274, "H", 1, 6, True)])
write("refused_cmyk", numbers("u1", 4), photometric="separated")

numpy.savez(folder / "one.npz", label=numbers("f4", 2))
numpy.savez_compressed(folder / "deflated.npz", numbers("f4", 2), numbers("u1"))
numpy.savez(folder / "named.npz", u=numbers("f4"), classes=numbers("u1"))
numpy.savez(folder / "sparse.npz", indices=[1], indptr=[0, 1], format=b"csr", shape=[1, 2], data=[1.0])
