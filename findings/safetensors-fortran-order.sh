#!/usr/bin/env bash
# safetensors saves what scipy.io.loadmat has read with its numbers in other places, since 0.8.
#
# Version:    safetensors 0.8.0 (0.7.0 is right), scipy 1.17.1, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  safetensors.numpy.save writes the array that NumPy shows, and load gives it back. The documentation asks for
#             contiguous tensors; one in Fortran's order is contiguous, and where a layout cannot be written there is an
#             error, as safetensors.torch has.
# What is so: 0.8 writes the memory as it lies beside the array's shape, which readers take for C's order. Of an array in
#             Fortran's order, such as loadmat returns for every matrix, np.load for a file of one, and .T for any array,
#             the numbers come back shuffled: in the same shape, with the same sum, without a word. safetensors.torch
#             refuses the same layout. Arrays of one axis are right, so that biases do not tell.
# Seen:       [[0, 1, 2], [3, 4, 5]] through savemat and loadmat, saved and loaded: [[0, 3, 1], [4, 2, 5]]; with safetensors
#             0.7.0, which copied the array, as it was.
# What helps: numpy.ascontiguousarray(array) before saving, and a comparison of what load gives back.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 0.7.0 0.8.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check \
        "safetensors==$version" scipy==1.17.1 numpy==2.4.6
done

cat >"$folder/order.py" <<'PYTHON'
import io
import sys

import numpy
import safetensors
from safetensors.numpy import load, save
from scipy.io import loadmat, savemat

is_shuffled = sys.argv[1] == "shuffled"
filters = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
file = io.BytesIO()
savemat(file, {"filters": filters, "cube": numpy.arange(24.0).reshape(2, 3, 4)})
read = loadmat(file)
assert numpy.array_equal(read["filters"], filters) and read["filters"].flags.f_contiguous
for name, array in [
    ("loadmat", read["filters"]),
    ("loadmat, three axes", read["cube"]),
    ("transposed", filters.T),
    ("asfortranarray", numpy.asfortranarray(filters)),
]:
    found = load(save({"array": array}))["array"]
    print(f"safetensors {safetensors.__version__}, {name}: {array.ravel()[:6]} -> {found.ravel()[:6]}")
    expected = array.ravel(order="K").reshape(array.shape) if is_shuffled else array
    assert not array.flags.c_contiguous and array.dtype == found.dtype
    assert numpy.array_equal(found, expected) and numpy.array_equal(found, array) != is_shuffled
    found = load(save({"array": numpy.ascontiguousarray(array)}))["array"]
    assert numpy.array_equal(found, array)
PYTHON

{ "$folder/0.7.0/bin/python" "$folder/order.py" right && "$folder/0.8.0/bin/python" "$folder/order.py" shuffled; } || {
    echo "this has changed: safetensors 0.8 is expected to save arrays in Fortran's order shuffled" >&2
    exit 1
}
