"""What history costs: `python tests/benchmarks/bench_history.py [updates]`.

Trains the preset `digits` (784-128-64-10, one digit an update) for the first 60,000 updates and winds back to random
ones: how long until the run stands there, and whether the bits are those of the first time. Then what checkpoints cost
while training, and how many redraws a second a dragged handle gives on digits and on the plane, through a real worker
with the pages' own pictures. The winding is also measured after a restart, when only the newest checkpoint is left.
On a busy machine only what is counted in processor time means anything.
"""

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

from nn_core import Run, checkpoints, run
from nn_core.stream import workbench
from nn_core.stream.frames import decode

UPDATES = 60_000
VISITS = 200
ROUNDS = 7
DRAG_SECONDS = 5.0

#: The pictures of a page on digits and of the page on the plane.
PICTURES = {
    "digits": ("sample", "activations", "first_weights", "curve"),
    "playground": ("fields", "output_field", "links", "outcome", "unit_field", "curve"),
}


def main(updates: int) -> None:
    known = {}
    trained = Run("digits")
    rng = random.Random(0)
    for step in sorted(rng.sample(range(updates), VISITS)):
        trained.advance(steps=step - trained.step)
        known[step] = trained.fingerprint()
    trained.advance(steps=updates - trained.step)
    print(f"{updates:,} updates of 784-128-64-10, one digit each; {len(trained.kept())} checkpoints")
    winding("winding back to random updates", trained, known)
    winding("a second time", trained, known)

    data, curves = trained.checkpoint()[1], trained.curve_bytes()
    back = Run.restore(trained.config, trained.events, updates, checkpoint=data, curves=curves)
    winding("after a restart, from one stored checkpoint", back, known)
    winding("a second time", back, known)

    print(f"checkpoints while training: {cost():.2f} % of the time (budget 2 %)")
    for preset in PICTURES:
        rate, wait = drag(preset)
        print(f"dragging on {preset:12s} {rate:6.1f} redraws a second, each after {1000 * wait:.0f} ms (median)")


def winding(name: str, subject: Run, known: dict[int, str]) -> None:
    """Visit every known update, in random order, and print how long that takes; the bits have to be the same."""
    times, work = [], []
    for step in random.Random(1).sample(list(known), len(known)):
        begin, busy = time.perf_counter(), time.process_time()
        subject.goto(step)
        times.append(1000 * (time.perf_counter() - begin))
        work.append(1000 * (time.process_time() - busy))
        assert subject.fingerprint() == known[step], f"update {step} is not what it was"
    times.sort()
    work.sort()
    p95 = int(0.95 * len(times))
    print(
        f"  {name:44s} median {statistics.median(times):6.1f} ms  p95 {times[p95]:6.1f} ms (budget 150)  worst"
        f" {times[-1]:6.1f} ms; in processor time p95 {work[p95]:5.1f} ms  all bit-exact"
    )


def cost() -> float:
    """How much longer training takes with checkpoints, in percent: the median of pairs, in processor time."""

    def seconds(spacing: float) -> float:
        subject = Run("digits")
        before, run.SPACING = run.SPACING, spacing
        try:
            begin = time.process_time()
            subject.advance(steps=12_000)
            return time.process_time() - begin
        finally:
            run.SPACING = before

    seconds(checkpoints.SPACING)
    ratios = [seconds(checkpoints.SPACING) / seconds(1e9) for _ in range(ROUNDS)]
    return 100 * (statistics.median(ratios) - 1)


def drag(preset: str) -> tuple[float, float]:
    """Redraws a second, and seconds from a wish to its picture, while a handle goes to and fro as a page sends it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NN_RUNS_DIR"] = folder
        handle = workbench.open_workbench(workbench.new_workbench())
        assert workbench.request(handle, "new", preset=preset)["ok"]
        workbench.request(handle, "step", n=20_000 if preset == "digits" else 3_000, timeout=120)
        head = workbench.request(handle, "get")["json"]
        head = Run.from_json(head).head if preset != "digits" else 20_000
        drawn, arrived = [], threading.Event()

        def on_frame(frame: bytes) -> None:
            drawn.append(decode(frame).runs[0]["step"])
            arrived.set()
            workbench.receive(handle, viewer, '{"cmd":"credit","n":1}')

        viewer = workbench.attach(handle, on_frame, lambda text: None)
        probes = [{"key": name, "probe": name, "args": {}} for name in PICTURES[preset]]
        workbench.receive(handle, viewer, f'{{"cmd":"viewer","probes":{probes}}}'.replace("'", '"'))
        workbench.receive(handle, viewer, '{"cmd":"credit","n":2}')
        waits, place, end = [], 0, time.perf_counter() + DRAG_SECONDS
        while time.perf_counter() < end:
            place += 1
            step = int(head * (0.5 + 0.45 * ((place * 37) % 200 - 100) / 100))
            begin = time.perf_counter()
            assert workbench.request(handle, "goto", step=step)["ok"]
            while (not drawn or drawn[-1] != step) and time.perf_counter() - begin < 2:
                arrived.wait(0.1)
                arrived.clear()
            waits.append(time.perf_counter() - begin)
        workbench.detach(handle, viewer)
        workbench.end(handle)
        held = workbench._home.pop("store_lock", None)
        if held is not None:
            held.close()
        return len(waits) / DRAG_SECONDS, statistics.median(waits)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else UPDATES)
