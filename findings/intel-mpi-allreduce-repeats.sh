#!/usr/bin/env bash
# Intel MPI's Allreduce gives other bits for the same numbers on the same ranks, within one run.
#
# Version:    impi-rt 2021.18.1, mpi4py 4.1.2, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  a library chooses its algorithm by size and ranks, so the order of additions depends on these alone: another
#             number of ranks may change the last bits, but the same call with the same numbers repeats them. The MPI standard
#             advises implementors so (MPI 4.1, 6.9.1).
# What is so: on ranks that share a node the order of additions follows who comes first. 3 ranks that sum the same 400,000
#             floats 40 times get several different results; all ranks agree with each other each time. Iallreduce gives one
#             result. Two calls of Open MPI 4.1.4, 5.0.11 and MPICH 5.0.2 agreed, from 1 to 4,000,000 floats.
# Seen:       40 calls of Allreduce: 3 different results. 40 calls of Iallreduce: 1.
# What helps: Iallreduce, or adding in a fixed order of one's own; runs that have to be repeated bit for bit must not use
#             Allreduce there.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check impi-rt==2021.18.1 mpi4py==4.1.2 numpy==2.4.6

cat >"$folder/sum.py" <<'PYTHON'
import hashlib
import time

import numpy
from mpi4py import MPI

ranks = MPI.COMM_WORLD
generator = numpy.random.default_rng(ranks.rank)
count = 400_000
# Sizes differ by many orders of magnitude, so that the order of additions shows.
own = (generator.standard_normal(count) * 10.0 ** generator.integers(-6, 7, count)).astype(numpy.float32)


def results(call):
    seen = set()
    for repeat in range(40):
        total = numpy.empty_like(own)
        # Another rank is late each time.
        ranks.Barrier()
        if repeat % ranks.size == ranks.rank:
            time.sleep(0.002)
        call(own, total)
        digests = ranks.allgather(hashlib.sha256(total.tobytes()).hexdigest())
        assert len(set(digests)) == 1, "ranks differ"
        seen.add(digests[0])
    return len(seen)


blocking = results(ranks.Allreduce)
started = results(lambda own, total: ranks.Iallreduce(own, total).Wait())
if ranks.rank == 0:
    print(MPI.Get_library_version().split("\n")[0].strip())
    print(blocking, started)
PYTHON

export LD_LIBRARY_PATH="$folder/venv/lib" MPI4PY_MPIABI=mpich OMP_NUM_THREADS=1
"$folder/venv/bin/mpiexec" -n 3 "$folder/venv/bin/python" "$folder/sum.py" | tee "$folder/seen"
read -r blocking started <<<"$(tail -1 "$folder/seen")"
echo "40 sums of the same numbers: $blocking different results with Allreduce, $started with Iallreduce"
[ "$blocking" -gt 1 ] && [ "$started" -eq 1 ] || {
    echo "this has changed: Allreduce was expected to repeat itself in other bits, and Iallreduce in the same" >&2
    exit 1
}
