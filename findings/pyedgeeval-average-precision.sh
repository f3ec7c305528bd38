#!/usr/bin/env bash
# pyEdgeEval's "AP" of boundaries is not the AP of BSDS500's tables: that one it calls "AUC", and prints the other.
#
# Version:    pyEdgeEval 0.2.8, numpy 2.4.6, scipy 1.17.1 (PyPI), seen on 2026-12-01
# The guess:  BSDS500Evaluator prints ODS, OIS and AP as the benchmark's tables have them (0.73, 0.76, 0.73 of
#             gPb-owt-ucm), as its counts are those of the benchmark's own matcher.
# What is so: the tables' AP is Area_PR of collect_eval_bdry.m: precision interpolated at recalls 0, 0.01 … 1, and 0 beyond
#             those that occur. pyEdgeEval computes that as "AUC", which is not printed. What it prints as "AP" takes the
#             largest precision at any higher recall, so recalls below the smallest one count in full, and divides the sum
#             of 100 recalls by 101: a perfect prediction has 0.990. From the curve that BSDS500 publishes for gPb-owt-ucm,
#             AUC is 0.727 as in the table, and AP 0.761.
# Seen:       a curve with precision 1 from recall 1 down to 0.5: AUC 0.500, AP 0.990; a perfect prediction: AP 0.990.
# What helps: read "AUC" of what calculate_metrics returns, and not the last printed line.
#
# Fails when this is no longer so. Run by hand; it compiles the matcher.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/pip" install --quiet --disable-pip-version-check)
"${pip[@]}" numpy==2.4.6 scipy==1.17.1 setuptools wheel cython opencv-python-headless
"${pip[@]}" --no-build-isolation pyEdgeEval==0.2.8

cat >"$folder/curve.py" <<'PYTHON'
import numpy
from pyEdgeEval.common.binary_label import calculate_metrics

thresholds = [i / 100 for i in range(1, 100)]


def figures(recall):
    """AUC and AP of predictions that are all right, and find so much of 1000 true pixels at each threshold."""
    found = numpy.round(recall * 1000)
    counts = lambda sample: (found, numpy.full(99, 1000.0), found, found)
    overall = calculate_metrics(counts, thresholds, [{"name": "curve"}], nproc=1)[2]
    return float(overall["AUC"]), float(overall["AP"])


half, all_of_it = figures(numpy.linspace(1, 0.5, 99)), figures(numpy.ones(99))
print("recall 1 to 0.5: AUC %.3f, AP %.3f; recall 1 throughout: AP %.3f" % (*half, all_of_it[1]))
expected = abs(half[0] - 0.5) < 0.005 and abs(half[1] - 100 / 101) < 1e-9 and abs(all_of_it[1] - 100 / 101) < 1e-9
raise SystemExit(0 if expected else "this has changed: AP is expected to be 100 / 101 for both")
PYTHON

"$folder/venv/bin/python" "$folder/curve.py" | grep AUC
