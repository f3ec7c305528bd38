#!/usr/bin/env bash
# A run that goes on from an earlier step has one curve on TensorBoard's page, and others by EventAccumulator.
#
# Version:    tensorboard 2.21.0, tensorboard-data-server 0.7.2, tensorboardX 2.6.5 (PyPI), seen on 2026-12-01
# The guess:  the page of `tensorboard --logdir` and its Python class EventAccumulator, which scripts read the same event
#             files with, show the same points. SummaryWriter(purge_step=5) removes what a killed run had logged from step 5
#             on, for all tags.
# What is so: there are three readers. The page is fed by a server written in Rust, by default where its wheel is installed.
#             It drops earlier points of a tag as soon as that tag comes again with a step that is not greater, whether or
#             not a purge_step was written, and within one file too. So a tag that the new session does not log again keeps
#             its dead end. EventAccumulator heeds purge_step alone, for all tags, and otherwise keeps both courses, in
#             which steps come twice. The page with --load_fast=false does so too, but takes the first session mark of a run
#             for its beginning: a purge_step counts for nothing, unless the killed session had begun with one as well.
# Seen:       steps 0 to 9 of loss and val, then loss from step 5 to 7 by SummaryWriter(purge_step=5). Points of loss and
#             val: page 8 and 10, EventAccumulator 8 and 5, page with --load_fast=false 13 and 10. Without purge_step: 8 and
#             10, 13 and 10, 13 and 10.
# What helps: begin the first session with purge_step=0 and serve with --load_fast=false. A script that reads event files
#             drops each point whose step is not less than that of a later point of its tag.
#
# Fails when this is no longer so. Run by hand; it serves the page on 127.0.0.1 for some seconds.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    tensorboard==2.21.0 tensorboard-data-server==0.7.2 tensorboardX==2.6.5

cat >"$folder/curves.py" <<'PYTHON'
import json
import re
import subprocess
import sys
import time
import urllib.request

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboardX import SummaryWriter

folder = sys.argv[1]


def write(logs, first, second):
    with SummaryWriter(logs, **first) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
            writer.add_scalar("val", step, step)
    time.sleep(1.1)  # the name of an event file holds the second
    with SummaryWriter(logs, **second) as writer:
        for step in range(5, 8):
            writer.add_scalar("loss", 100 + step, step)


def accumulated(logs):
    accumulator = EventAccumulator(logs)
    accumulator.Reload()
    return {tag: [event.step for event in accumulator.Scalars(tag)] for tag in ["loss", "val"]}


def get(address, path):
    with urllib.request.urlopen(f"{address}data/plugin/scalars/{path}", timeout=30) as answer:
        return json.load(answer)


def served(logs, load_fast):
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", logs, "--host", "127.0.0.1", "--port", "0"]
    with open(f"{folder}/served", "w+") as told:
        server = subprocess.Popen([*command, "--load_fast", load_fast], stdout=told, stderr=told)
        try:
            for _ in range(120):
                with open(told.name) as lines:
                    address = re.search(r"http://127\S+", lines.read())
                tags = address and get(address[0], "tags").get(".", {})
                if tags and len(tags) == 2:
                    break
                time.sleep(0.5)
            time.sleep(2)
            return {tag: [point[1] for point in get(address[0], f"scalars?run=.&tag={tag}")] for tag in ["loss", "val"]}
        finally:
            server.kill()
            server.wait()


once, both, dead, kept = list(range(8)), [*range(10), 5, 6, 7], list(range(10)), list(range(5))
right, left = {"loss": once, "val": kept}, {"loss": once, "val": dead}
doubled = {"loss": both, "val": dead}
mark = {"purge_step": 5}
for name, first, second, expected in [
    ("with purge_step", {}, mark, (right, left, doubled)),
    ("without purge_step", {}, {}, (doubled, left, doubled)),
    ("with purge_step in both sessions", {"purge_step": 0}, mark, (right, left, right)),
]:
    logs = f"{folder}/{name}"
    write(logs, first, second)
    found = accumulated(logs), served(logs, "true"), served(logs, "false")
    for reader, steps in zip(["EventAccumulator", "page", "page, --load_fast=false"], found, strict=True):
        print(f"{name}, {reader}: loss {steps['loss']}, val {steps['val']}")
    assert found == expected
logs = f"{folder}/one file"
with SummaryWriter(logs) as writer:
    for step in [0, 1, 2, 3, 2, 4]:
        writer.add_scalar("loss", step, step)
        writer.add_scalar("val", step, step)
found = accumulated(logs)["loss"], served(logs, "true")["loss"]
print(f"one file with steps out of order: EventAccumulator {found[0]}, page {found[1]}")
assert found == ([0, 1, 2, 3, 2, 4], [0, 1, 2, 4])
PYTHON

timeout 300 "$folder/venv/bin/python" "$folder/curves.py" "$folder" 2>"$folder/complaints" || {
    echo "this has changed: three readers of event files are expected to show three curves" >&2
    exit 1
}
