"""What streaming costs: `python tests/benchmarks/bench_stream.py [seconds]`.

A real worker trains the preset `digits` (784-128-64-10, one digit an update) at full speed, in turns unwatched (no
credit) and watched by one page with five pictures that grants frames as a browser does. Beside it stands the same
training by `Run.advance` alone in this process. Prints ratios, bytes, the server's share, memory, and how long a change
takes. On a busy machine only what is counted in processor time means anything.
"""

import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

from nn_core import Run
from nn_core.stream import workbench
from nn_core.stream.frames import decode

PROBES = ("sample", "activations", "curve", "first_weights", "confusion")
ROUNDS = 5
CHANGES = 60


class Page:
    """Watches, and grants a frame for every frame while `open`."""

    def __init__(self, handle):
        self.handle, self.open, self.frames = handle, False, []
        self.viewer = workbench.attach(handle, self._draw, lambda text: None)
        self._say({"cmd": "viewer", "probes": [{"key": name, "probe": name} for name in PROBES]})

    def watch(self):
        self.open = True
        self._say({"cmd": "credit", "n": 3})

    def _draw(self, frame):
        self.frames.append((time.perf_counter(), frame))
        if self.open:
            self._say({"cmd": "credit", "n": 1})

    def _say(self, message):
        workbench.receive(self.handle, self.viewer, json.dumps(message))


def speed(handle, seconds):
    """Updates a second, and updates a second of the worker's processor time, over so many seconds."""
    first, begun, spent = step(handle), time.perf_counter(), processor_seconds(handle["process"].pid)
    time.sleep(seconds)
    done, spent = step(handle) - first, processor_seconds(handle["process"].pid) - spent
    return done / (time.perf_counter() - begun), done / spent if spent else math.nan


def processor_seconds(pid):
    """Processor time that a process has had (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def step(handle):
    return workbench.request(handle, "describe")["status"]["runs"][0]["step"]


def percentiles(times):
    ordered = sorted(1000 * one for one in times)
    return f"p50 {statistics.median(ordered):5.1f} ms   p95 {ordered[int(0.95 * (len(ordered) - 1))]:5.1f} ms"


def private_megabytes(pid):
    """The process's own memory (Linux; None elsewhere)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def main(seconds):
    os.environ["NN_RUNS_DIR"] = tempfile.mkdtemp()
    begun = time.perf_counter()
    handle = workbench.open_workbench(workbench.new_workbench())
    page = Page(handle)
    page.watch()
    while not page.frames:
        time.sleep(0.001)
    print(f"start of the worker to the first frame          {1000 * (time.perf_counter() - begun):8.0f} ms")
    page.open = False
    workbench.request(handle, "speed", value="full")
    workbench.request(handle, "play")
    speed(handle, seconds)

    unwatched, watched, rates, server = [], [], [], []
    for _ in range(ROUNDS):
        unwatched.append(speed(handle, seconds))
        seen, cpu = len(page.frames), time.process_time()
        page.watch()
        watched.append(speed(handle, seconds))
        cpu = time.process_time() - cpu
        page.open = False
        frames = page.frames[seen:]
        rates.append(len(frames) / (frames[-1][0] - frames[0][0]))
        server.append(1000 * cpu / len(frames))
        time.sleep(0.2)
    sizes = [len(frame) for _, frame in page.frames]
    for name, k in (("second", 0), ("processor second", 1)):
        before, after = [pair[k] for pair in unwatched], [pair[k] for pair in watched]
        ratio = statistics.median(one / other for one, other in zip(after, before, strict=True))
        both = f"{statistics.median(before):8.0f} / {statistics.median(after):.0f}"
        label = f"updates a {name}, unwatched / watched"
        print(f"{label:48s}{both}   ratio {ratio:.3f} (budget 0.95)")
    print(f"frames a second                                 {statistics.median(rates):8.1f}   (budget 55)")
    print(
        f"bytes a frame, mean / largest                   {statistics.mean(sizes):8.0f} / {max(sizes)}   (7000 / 25000)"
    )
    print(f"server's processor time a frame                 {statistics.median(server):8.2f} ms   (budget 1)")

    page.watch()
    rng, acknowledged, drawn = random.Random(0), [], []
    for _ in range(CHANGES):
        rate = round(rng.uniform(0.001, 0.02), 9)
        time.sleep(rng.uniform(0.01, 0.05))
        seen, sent = len(page.frames), time.perf_counter()
        answer = workbench.request(handle, "change", values={"learning_rate": rate})
        acknowledged.append(time.perf_counter() - sent)
        assert answer["ok"] and answer["saved"], answer
        while True:
            found = [
                at for at, frame in page.frames[seen:] if decode(frame).runs[0]["scalars"]["learning_rate"] == rate
            ]
            if found:
                drawn.append(found[0] - sent)
                break
            time.sleep(0.001)
    print(f"change to its effect, stored and acknowledged   {percentiles(acknowledged)}   (budget 100)")
    print(f"change to the first frame that shows it         {percentiles(drawn)}")
    memory = private_megabytes(handle["process"].pid)
    if memory is not None:
        print(f"worker's private memory                         {memory:8.1f} MB   (budget 80, checkpoints apart)")
    workbench.end(handle)

    alone = Run("digits")
    alone.advance(seconds=seconds)
    first, begun = alone.step, time.perf_counter()
    alone.advance(seconds=seconds)
    print(
        f"updates a second by Run.advance alone           {(alone.step - first) / (time.perf_counter() - begun):8.0f}"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
