"""What looking inside costs: `python tests/benchmarks/bench_layers.py [seconds]`.

A real worker trains at full speed, in turns watched by a page without pictures and by one with the pictures of each tab
of "Inside the layers", on the preset `digits` and on six deep layers. Prints the training speed of both and their
ratio, by the clock and by processor time; on a busy machine only the latter means anything. Then what each probe takes.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

from bench_stream import speed  # noqa: E402

from nn_core import PROBES, Run  # noqa: E402
from nn_core.probes import View  # noqa: E402
from nn_core.stream import workbench  # noqa: E402

TABS = {
    "Flow": ("layers", "layers_history"),
    "One neuron": ("unit", "unit_examples", "unit_history"),
    "One image": ("sample", "activations", "saliency"),
    "Where the classes go": ("class_map",),
}
ROUNDS = 5
SETTLING = 1.5  # seconds until what a page gets at first has been sent


class Page:
    """Watches, asks for probes, and grants a frame for every frame."""

    def __init__(self, handle):
        self.handle = handle
        self.viewer = workbench.attach(handle, lambda frame: self._say({"cmd": "credit", "n": 1}), lambda text: None)
        self.ask(())
        self._say({"cmd": "credit", "n": 3})

    def ask(self, probes):
        self._say({"cmd": "viewer", "probes": [{"key": name, "probe": name} for name in probes]})

    def _say(self, message):
        workbench.receive(self.handle, self.viewer, json.dumps(message))


def in_turns(preset, seconds):
    os.environ["NN_RUNS_DIR"] = tempfile.mkdtemp()
    handle = workbench.open_workbench(workbench.new_workbench())
    page = Page(handle)
    workbench.request(handle, "new", preset=preset)
    workbench.request(handle, "speed", value="full")
    workbench.request(handle, "play")
    speed(handle, seconds)
    for tab, probes in TABS.items():
        without, with_pictures = [], []
        for _ in range(ROUNDS):
            page.ask(())
            time.sleep(SETTLING)
            without.append(speed(handle, seconds))
            page.ask(probes)
            time.sleep(SETTLING)
            with_pictures.append(speed(handle, seconds))
        for name, k in (("clock", 0), ("processor", 1)):
            before, after = [pair[k] for pair in without], [pair[k] for pair in with_pictures]
            ratio = statistics.median(one / other for one, other in zip(after, before, strict=True))
            both = f"{statistics.median(before):8.0f} / {statistics.median(after):<8.0f}"
            print(f"{preset:20s}{tab:22s}updates a second by {name:10s}{both} ratio {ratio:.3f} (budget 0.95)")
    workbench.end(handle)


def alone(preset):
    run = Run(preset)
    run.advance(steps=3000)
    for name in (name for names in TABS.values() for name in names):
        times = []
        for _ in range(9):
            run.advance(steps=50)
            view, begun = View(run, still=False), time.perf_counter()
            PROBES[name](view)
            times.append(time.perf_counter() - begun)
        print(f"{preset:20s}{name:22s}{1000 * statistics.median(times):8.2f} ms")


def main(seconds):
    for preset in ("digits", "six-sigmoid-layers"):
        in_turns(preset, seconds)
        alone(preset)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
