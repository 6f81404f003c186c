"""What taking one update apart costs on 784-128-64-10: each stage by itself, against the budget of 100 ms.

    python -m tests.benchmarks.bench_update

Prints the median and the worst of several updates: finding the update, each probe, and the pieces of the check of all
numbers, of which none should hold the worker up for more than 5 ms. All figures are of one core's processor time.
"""

import statistics
import time
from functools import partial

from nn_core import PROBES, Run, RunConfig
from nn_core.probes import View

BUDGET = 100.0  # ms, a stage
PIECE = 5.0  # ms, a piece of the check
LAYERS = 3
CONFIGS = {
    "per sample, sigmoid, sgd": (RunConfig(), 20_000),
    "batches of 32, relu, adam": (
        RunConfig(activations="relu", batch_size=32, optimizer="adam", learning_rate=0.001, init="he_normal"),
        1_000,
    ),
}


def timed(probe, view, **arguments):
    """Milliseconds of processor time that a probe takes, which a busy machine does not lengthen, and what it gives."""
    begin = time.process_time()
    found = probe(view, **arguments)
    return 1000 * (time.process_time() - begin), found


def line(name, figures, budget):
    """A stage's figures and how far its worst is within the budget."""
    worst = max(figures)
    print(
        f"  {name:<34} {statistics.median(figures):>8.2f} {worst:>8.2f}   {budget / worst:>6.1f} x within {budget:g} ms"
    )


def measure(name, config, updates):
    """One network's figures."""
    print(f"{name}: 784-128-64-10 after {updates:,} updates")
    print(f"  {'ms':<34} {'median':>8} {'worst':>8}")
    run = Run(config)
    run.advance(steps=updates)
    view = View(run)
    figures, pieces, whole = {}, [], []

    def note(stage, probe, **arguments):
        spent, found = timed(probe, view, **arguments)
        figures.setdefault(stage, []).append(spent)
        return found

    for k in range(1, 11):
        step = run.step * k // 11
        note("finding the update", lambda view, step: view.step_at(step), step=step)
        for probe in ("step", "step_nudge", "step_code"):
            note(f"{probe}, first time", PROBES[probe], step=step, layer=k % LAYERS)
        note("step_effect, first time", PROBES["step_effect"], step=step)
        note("step, another weight", PROBES["step"], step=step, layer=(k + 1) % LAYERS)
        check = partial(timed, PROBES["step_check"], view, step=step)
        start, total, spent = 0, 1, []
        while start < total:
            milliseconds, found = check(start=start)
            start, total = start + len(found["place"]), found["total"]
            spent.append(milliseconds)
        pieces += spent
        whole.append(sum(spent))
    for stage, spent in figures.items():
        line(stage, spent, BUDGET)
    line(f"a piece of the check ({len(pieces):,})", pieces, PIECE)
    late = sum(spent > PIECE for spent in pieces)
    print(f"  {'the check of all 109,386 numbers':<34} {statistics.median(whole):>8.0f} {max(whole):>8.0f}")
    print(f"  {'pieces above 5 ms':<34} {late:>8} of {len(pieces):,}")
    print()


if __name__ == "__main__":
    for name, (config, updates) in CONFIGS.items():
        measure(name, config, updates)
