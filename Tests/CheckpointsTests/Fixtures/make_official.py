"""Writes official.safetensors with the official package.

pip install safetensors==0.8.0 numpy; python3 make_official.py
"""

import numpy
from safetensors import TensorSpec, serialize

arrays = {
    "layer1.0.conv1.Ws.weight": numpy.array([[[[0, -0.0, 1.5]]], [[[1e-45, 3.4028235e38, 0.1]]]], "float32"),
    "bn1.running_mean": numpy.array([2.0**127, -2.25], "float32"),
    "scalar": numpy.array(7, "float32"),
    "empty": numpy.zeros([0, 3], "float32"),
    "double": numpy.array([0.1, -3], "float64"),
    "half": numpy.array([1 / 3, -2, 65504, 2**-24], "float16"),
    "bfloat": numpy.array([0x3FC0, 0xC000, 0x0001], "uint16"),  # the bits of 1.5, -2 and 2^-133
    "step": numpy.array([-(2**40)], "int64"),
    "count": numpy.array([[3, -4]], "int32"),
    "bytes": numpy.array([0, 127, 255], "uint8"),
    "mask": numpy.array([True, False]),
    'a "quoted"\\\n\x01 näme': numpy.array([9], "uint8"),
}
content = {
    name: TensorSpec(
        dtype="bfloat16" if name == "bfloat" else array.dtype.name,
        shape=list(array.shape),
        data_ptr=array.ctypes.data,
        data_len=array.nbytes,
    )
    for name, array in arrays.items()
}
with open("official.safetensors", "wb") as file:
    file.write(serialize(content, metadata={"format": "pt"}))
