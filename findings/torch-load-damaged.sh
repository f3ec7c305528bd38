#!/usr/bin/env bash
# torch.load reads a damaged file without a word: torch.save writes a CRC-32 of every part, and nobody compares it.
#
# Version:    torch 2.13.0 (PyPI; the build for CPUs is the same), seen on 2026-12-01
# The guess:  a file of torch.save is a zip archive whose parts have checksums, so a byte that a copy or a disk has changed
#             is found when the file is loaded, as unzip finds it.
# What is so: torch.load compares no checksum, with and without mmap. A changed byte in the middle of the file becomes
#             another weight, or NaN. Only Python's zipfile and unzip -t see it. And after
#             torch.serialization.set_crc32_options(False) all checksums in the file are 0, so that these call every part of
#             a sound file damaged.
# Seen:       1 byte of 400 kB changed: loaded, 1 weight of 100,000 is another one; zipfile names the part.
# What helps: python3 -c "import zipfile; print(zipfile.ZipFile(FILE).testzip())" after a copy, or the SHA-256 of the file.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6

cat >"$folder/load.py" <<'PYTHON'
import sys
import zipfile

import torch

folder = sys.argv[1]
weights = {"weight": torch.arange(100_000, dtype=torch.float32)}
torch.save(weights, f"{folder}/sound.pth")
data = bytearray(open(f"{folder}/sound.pth", "rb").read())
data[len(data) // 2] ^= 0x10
open(f"{folder}/damaged.pth", "wb").write(data)
for mmap in [False, True]:
    loaded = torch.load(f"{folder}/damaged.pth", mmap=mmap)["weight"]
    changed = int((loaded != weights["weight"]).sum())
    print(f"torch.load(mmap={mmap}) of a file with a changed byte: no error, {changed} weight is another one")
    assert changed == 1
part = zipfile.ZipFile(f"{folder}/damaged.pth").testzip()
print(f"zipfile finds {part}")
assert part is not None and part.endswith("data/0")
torch.serialization.set_crc32_options(False)
torch.save(weights, f"{folder}/without.pth")
with zipfile.ZipFile(f"{folder}/without.pth") as archive:
    print("checksums after set_crc32_options(False):", sorted({part.CRC for part in archive.infolist()}))
    assert {part.CRC for part in archive.infolist()} == {0} and archive.testzip() is not None
PYTHON

"$folder/venv/bin/python" "$folder/load.py" "$folder" || {
    echo "this has changed: torch.load is expected to read a damaged file" >&2
    exit 1
}
