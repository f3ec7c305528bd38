"""Times training steps, updates and merged inference of Modulor and its peers in turns, in one run, and prints the ratios.

    compare.py --modulor PROGRAM [--rounds N] [--threads N[,N]] [--only CASE[,CASE]] [--output FILE.json]
               [--variants eager,channels_last,compiled,bfloat16,bfloat16_channels_last]

Each round runs every variant once, ours first; a figure is the median of its rounds. PyTorch runs in a process of its
own for each variant. Peak memory is the process's maximum.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PAPER = {
    "backbone": "resnet18", "width": 64, "output_stride": 16, "nff": True, "aspp": 256, "low": 48, "tasks": ["semseg"],
    "batch": 2, "size": [512, 512], "learning_rate": 0.005, "weight_decay": 1e-4,
}
FIVE = ["semseg", "human_parts", "sal", "normals", "edge"]
CASES = {
    "paper": ("ResNet-18, semseg, 512×512, batch 2", PAPER),
    "five": ("the same, five tasks", {**PAPER, "tasks": FIVE}),
    "resnet50": ("ResNet-50, semseg, 512×512, batch 2", {**PAPER, "backbone": "resnet50"}),
    "small": (
        "ResNet-18 of width 16, 3 tasks, 96×96, batch 8",
        {**PAPER, "width": 16, "aspp": 64, "low": 16, "batch": 8, "size": [96, 96],
         "tasks": ["semseg", "normals", "depth"]},
    ),
    "avx2": ("ResNet-18, semseg, 512×512, batch 2, AVX2 only", PAPER),
}
INFERENCE = ("merged inference, ResNet-18, semseg, one image of 512×512", PAPER)
UPDATE = ("AdamW, an update of 16 M values", {"parameters": 1 << 24})
# How PyTorch computes: memory layout or compilation, precision.
VARIANTS = {
    "eager": ("eager", "float32"),
    "channels_last": ("channels_last", "float32"),
    "compiled": ("compiled", "float32"),
    "bfloat16": ("eager", "bfloat16"),
    "bfloat16_channels_last": ("channels_last", "bfloat16"),
}
NAMES = {
    "modulor": "Modulor", "eager": "PyTorch", "channels_last": "PyTorch, channels last", "onnx": "ONNX Runtime",
    "compiled": "PyTorch, compiled", "bfloat16": "PyTorch, bfloat16",
    "bfloat16_channels_last": "PyTorch, bfloat16, channels last", "fused": "PyTorch, fused",
}
AVX2 = {"MODULOR_ISA": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
WEIGHTS = {"semseg": 1, "human_parts": 2, "sal": 5, "normals": 10, "edge": 50, "depth": 1}


def environment(case, threads):
    limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    return {**os.environ, **limits, **(AVX2 if case == "avx2" else {})}


class Peer:
    """A process that does one of PyTorch's steps, or one image, whenever it is asked to."""

    def __init__(self, script, case, settings, threads, mode, dtype="float32", file=None):
        request = {**settings, "threads": threads, "mode": mode, "dtype": dtype, "weight": WEIGHTS}
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, script), json.dumps(request)] + ([file] if file else []),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(case, threads))

    def ask(self, question):
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            return None

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def configuration(settings, folder):
    height, width = settings["size"]
    tasks = ", ".join(f"{task}: {{weight: {WEIGHTS[task]}}}" for task in settings["tasks"])
    dataset = "rooms" if "depth" in settings["tasks"] else "pascal-context\n  root: unread"
    path = os.path.join(folder, "step.yaml")
    with open(path, "w") as file:
        file.write(
            f"model:\n  backbone: {settings['backbone']}\n  width: {settings['width']}\n  method: rcm\n  nff: true\n"
            f"  aspp: {settings['aspp']}\n  low: {settings['low']}\ntasks: {{{tasks}}}\n"
            f"data:\n  dataset: {dataset}\n  crop: [{height}, {width}]\n"
            f"training:\n  batch: {settings['batch']}\n")
    return path


def run(command, case, threads):
    done = subprocess.run(command, capture_output=True, text=True, env=environment(case, threads))
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


def ours(program, what, case, settings, threads, *options):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "bench", what, "--config", configuration(settings, folder), "--threads", str(threads),
                   "--json", *options]
        return json.loads(run(command, case, threads))


def compare(program, case, threads, variants, rounds):
    title, settings = CASES[case]
    peers = {name: Peer("step.py", case, settings, threads, *VARIANTS[name]) for name in variants}
    # The first steps choose kernels, compile, and fill caches.
    for name in list(peers):
        if not all(peers[name].ask("step") for _ in range(2)):
            print(f"{title}: PyTorch failed as {name} and is left out", file=sys.stderr)
            del peers[name]
    times = {name: [] for name in ["modulor", *peers]}
    measured = None
    for _ in range(rounds):
        measured = ours(program, "step", case, settings, threads, "--rounds", "2")
        times["modulor"].append(measured["seconds_per_step"])
        for name, peer in peers.items():
            answer = peer.ask("step")
            if answer is None:
                sys.exit(f"{title}: PyTorch ended as {name}")
            times[name].append(answer["seconds"])
    memory = {name: peer.ask("memory")["peak_resident_bytes"] for name, peer in peers.items()}
    outside = {}
    if threads == 1:
        rows = ours(program, "step", case, settings, threads, "--rounds", "3", "--profile")["rows"]
        outside["modulor"] = sum(row["seconds"] for row in rows if row["flop"] == 0)
        if "eager" in peers:
            outside["eager"] = statistics.median(peers["eager"].ask("outside")["seconds"] for _ in range(3))
    for peer in peers.values():
        peer.close()
    memory["modulor"] = measured["peak_resident_bytes"]
    return [
        {
            "case": case, "title": title, "threads": threads, "variant": name, "rounds": rounds,
            "seconds": statistics.median(values),
            "times_as_long": statistics.median(values) / statistics.median(times["modulor"]),
            "peak_resident_bytes": memory[name],
            **({"seconds_outside_convolutions": outside[name]} if name in outside else {}),
        }
        for name, values in times.items()
    ]


def compare_inference(program, threads, rounds):
    title, settings = INFERENCE
    with tempfile.TemporaryDirectory() as folder:
        # A model of one step on a few small pictures, to have a file that ONNX Runtime can run.
        recipe, path = configuration({**settings, "tasks": ["semseg"]}, folder), os.path.join(folder, "network.onnx")
        with open(recipe) as file:
            text = file.read().replace("pascal-context\n  root: unread", "rooms\n  rooms: {train: 2, validation: 1}")
        with open(recipe, "w") as file:
            file.write(text.replace("crop: [512, 512]", "crop: [32, 32]") + "  iterations: 1\n")
        run([program, "train", recipe, "--output", folder + "/run"], "inference", threads)
        run([program, "export", folder + "/run/model", "--task", "semseg", "--to", path], "inference", threads)
        peers = {
            "eager": Peer("inference.py", "inference", settings, threads, "eager", file=path),
            "channels_last": Peer("inference.py", "inference", settings, threads, "channels_last"),
        }
        questions = {
            "eager": ("eager", "torch"), "channels_last": ("channels_last", "torch"), "onnx": ("eager", "onnx"),
        }
        times = {name: [] for name in ["modulor", *questions]}
        for measured in [False] + [True] * rounds:
            mine = ours(program, "inference", "inference", settings, threads, "--rounds", "3")["seconds_per_image"]
            theirs = {name: peers[peer].ask(question) for name, (peer, question) in questions.items()}
            for name, answer in theirs.items():
                if answer is None:
                    sys.exit(f"{title}: the peer of {name} ended")
                if measured:
                    times[name].append(answer["seconds"])
            if measured:
                times["modulor"].append(mine)
        for peer in peers.values():
            peer.close()
    return [
        {
            "case": "inference", "title": title, "threads": threads, "variant": name, "rounds": rounds,
            "seconds": statistics.median(values),
            "times_as_long": statistics.median(values) / statistics.median(times["modulor"]),
        }
        for name, values in times.items()
    ]


def compare_update(program, threads, rounds):
    """The update takes memory's time: peers take turns round by round, each with some updates of which the median counts."""
    title, settings = UPDATE
    peer = Peer("update.py", "update", settings, threads, "fused")
    command = [program, "bench", "update", "--set", "training.optimizer=adamw", "--parameters",
               str(settings["parameters"]), "--threads", str(threads), "--rounds", "5", "--json"]
    times = {"modulor": [], "fused": []}
    for measured in [False] + [True] * rounds:
        mine = json.loads(run(command, "update", threads))["seconds_per_update"]
        theirs = statistics.median(peer.ask("step")["seconds"] for _ in range(5))
        if measured:
            times["modulor"].append(mine)
            times["fused"].append(theirs)
    peer.close()
    return [
        {
            "case": "update", "title": title, "threads": threads, "variant": name, "rounds": rounds,
            "seconds": statistics.median(values),
            "times_as_long": statistics.median(values) / statistics.median(times["modulor"]),
        }
        for name, values in times.items()
    ]


def table(rows):
    lines = ["| step | threads | | seconds | of ours | peak memory | outside convolutions |", "|---" * 7 + "|"]
    for row in rows:
        outside = row.get("seconds_outside_convolutions")
        memory = row.get("peak_resident_bytes")
        lines.append(
            f"| {row['title']} | {row['threads']} | {NAMES[row['variant']]} | {row['seconds']:.3f} | "
            f"{row['times_as_long']:.2f} × | {'' if memory is None else f'{memory / 1e9:.2f} GB'} | "
            f"{'' if outside is None else f'{outside:.2f} s'} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--modulor", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--only", default=",".join([*CASES, "update", "inference"]))
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--output")
    options = parser.parse_args()
    rows = []
    for case in options.only.split(","):
        if case not in CASES and case not in ("update", "inference"):
            sys.exit(f"there is no case {case}: choose among {', '.join(CASES)}, update and inference")
        for threads in map(int, options.threads.split(",")):
            wanted = [name for name in options.variants.split(",") if case == "paper" or "bfloat16" not in name]
            if case == "inference":
                measured = compare_inference(options.modulor, threads, options.rounds)
            elif case == "update":
                measured = compare_update(options.modulor, threads, options.rounds)
            else:
                measured = compare(options.modulor, case, threads, wanted, options.rounds)
            print(table(measured), flush=True)
            rows += measured
    if options.output:
        with open(options.output, "w") as file:
            json.dump({"rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
