#!/usr/bin/env bash
# safetensors writes a file's metadata in another order every time, so equal tensors give files of other SHA-256.
#
# Version:    safetensors 0.8.0, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  the format has a fixed layout and no dates, so saving the same tensors with the same metadata gives the same
#             bytes, and a file's SHA-256 names its content.
# What is so: tensors lie in a fixed order, but the entries of __metadata__ come in the order of a hash table that is seeded
#             anew in every process, even in every call. With two entries or more the bytes differ from save to save.
#             Sizes and data agree; only the header is shuffled.
# Seen:       12 saves in 12 processes: 9 different SHA-256, all of one size, and one of the tensors' bytes.
# What helps: compare the bytes behind the header (8 bytes of length, then the header), or save one metadata entry at most.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6

cat >"$folder/save.py" <<'PYTHON'
import hashlib

import numpy
from safetensors.numpy import save

tensors = {"weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "bias": numpy.ones(2, numpy.float32)}
data = save(tensors, metadata={"format": "np", "step": "1", "task": "depth", "kind": "distance"})
start = 8 + int.from_bytes(data[:8], "little")
print(hashlib.sha256(data).hexdigest(), len(data), hashlib.sha256(data[start:]).hexdigest())
PYTHON

for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do "$folder/venv/bin/python" "$folder/save.py"; done >"$folder/seen"
files=$(cut -d ' ' -f 1 "$folder/seen" | sort -u | wc -l)
sizes=$(cut -d ' ' -f 2 "$folder/seen" | sort -u | wc -l)
payloads=$(cut -d ' ' -f 3 "$folder/seen" | sort -u | wc -l)
echo "12 saves of the same tensors: $files different files, of $sizes size, with $payloads content of tensors"
[ "$files" -gt 1 ] && [ "$sizes" -eq 1 ] && [ "$payloads" -eq 1 ] || {
    echo "this has changed: files of equal content are expected to differ in the order of their metadata" >&2
    exit 1
}
