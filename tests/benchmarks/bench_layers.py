"""What looking inside costs: `python tests/benchmarks/bench_layers.py [seconds]`.

A worker trains at full speed in this process, watched by a page that grants frames as a browser does, in turns without
pictures and with those of each tab of "Inside the layers". Prints the share of the worker's own processor time that the
pictures take beyond an empty page (looking and telling), and what watching the updates adds to training itself; other
programs on the machine disturb neither much. Then what each probe takes by the clock.
"""

import os
import queue
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

from nn_core import PROBES, Run
from nn_core.probes import View
from nn_core.stream import pipe
from nn_core.stream.store import Store
from nn_core.stream.worker import Worker

TABS = {
    "Flow": ("layers", "layers_history"),
    "One neuron": ("unit", "unit_examples", "unit_history"),
    "One image": ("sample", "activations"),
    "Where the classes go": ("class_map",),
}
PRESETS = ("digits", "six-sigmoid-layers")
ROUNDS = 5
SETTLING = 1.0  # seconds until what a page gets at first has been sent


class Counted(Worker):
    """A worker that counts its processor time: for training and for looking, and the updates done."""

    training = looking = 0.0
    updates = 0

    def _train(self):
        begun, first = time.thread_time(), self._bench.step
        super()._train()
        self.training += time.thread_time() - begun
        self.updates += self._bench.step - first

    def _publish(self):
        begun = time.thread_time()
        super()._publish()
        self.looking += time.thread_time() - begun

    def counts(self):
        return self.training, self.looking, self.updates


def in_turns(preset, seconds):
    messages = queue.SimpleQueue()

    def write(message):
        if pipe.HEAD.unpack_from(message)[1] == pipe.FRAME:
            messages.put({"cmd": "credit", "viewer": 1, "n": 1})

    worker = Counted("a-token-for-the-bench", Store(Path(tempfile.mkdtemp())), write)
    worker.load()

    def ask(probes):
        messages.put({"cmd": "viewer", "viewer": 1, "probes": [{"key": name, "probe": name} for name in probes]})
        time.sleep(SETTLING)

    def measure():
        before = worker.counts()
        time.sleep(seconds)
        training, looking, updates = (now - then for now, then in zip(worker.counts(), before, strict=True))
        return looking / (training + looking), training / max(1, updates)

    def page():
        for message in ({"cmd": "new", "preset": preset}, {"cmd": "speed", "value": "full"}, {"cmd": "play"}):
            messages.put(message)
        messages.put({"cmd": "credit", "viewer": 1, "n": 3})
        ask(())
        for tab, probes in TABS.items():
            extra, slower = [], []
            for _ in range(ROUNDS):
                ask(())
                empty_share, empty_update = measure()
                ask(probes)
                share, update = measure()
                extra.append(share - empty_share)
                slower.append(update / empty_update - 1)
            looks, trains = statistics.median(extra), statistics.median(slower)
            fast = ", with every frame" if all(PROBES[name].cadence == "fast" for name in probes) else " (budget 5 %)"
            print(f"{preset:20s}{tab:22s}pictures {100 * looks:5.1f} %{fast}, an update {100 * trains:+5.1f} %")
        messages.put(None)

    thread = threading.Thread(target=page)
    thread.start()
    worker.serve(messages)
    thread.join()


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
    for preset in PRESETS:
        in_turns(preset, seconds)
        alone(preset)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
