"""Updates of many trained values by PyTorch's fused AdamW, one for each line "step" on standard input; each answers with
one line of JSON.

    update.py '{"parameters": 16777216, "threads": 2}'
"""

import json
import resource
import sys
import time

import torch

LENGTH = 1 << 20


def serve(case):
    torch.set_num_threads(case["threads"])
    torch.manual_seed(1)
    counts = [min(LENGTH, case["parameters"] - first) for first in range(0, case["parameters"], LENGTH)]
    values = [torch.nn.Parameter(torch.rand(count) * 2 - 1) for count in counts]
    for value in values:
        value.grad = torch.rand_like(value) * 2 - 1
    optimizer = torch.optim.AdamW(values, lr=0.005, weight_decay=0.01, fused=True)
    for line in sys.stdin:
        if line.strip() == "step":
            begin = time.perf_counter()
            optimizer.step()
            answer = {"seconds": time.perf_counter() - begin}
        else:
            answer = {"peak_resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
