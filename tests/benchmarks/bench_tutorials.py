"""What the two tutorials reach, as published and corrected, on the real MNIST. Minutes, not seconds.

    NN_DATA_DIR=... python -m tests.benchmarks.bench_tutorials [--seeds 4]

Prints held-out accuracy by epoch for the first tutorial as published, test accuracy of the corrected one after one
epoch, and training accuracy of the second one after 500 iterations, for each seed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import time

import numpy as np

from nn_core import PRESETS, Run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    seeds = range(parser.parse_args().seeds)
    for seed in seeds:
        run = Run(PRESETS["hansen-as-published"].replace(seed=seed, evaluate_every=59_500))
        began = time.perf_counter()
        run.advance(steps=595_000)
        epochs = " ".join(f"{100 * a:.2f}" for a in run.curves["heldout_accuracy"][1:])
        seconds = (time.perf_counter() - began) / 10
        print(f"hansen-as-published, seed {seed}, held-out % by epoch: {epochs} ({seconds:.1f} s an epoch)", flush=True)
    for seed in seeds:
        run = Run(PRESETS["hansen-corrected"].replace(seed=seed, evaluate_every=55_000))
        run.advance(steps=55_000)
        right = (run.network(run.dataset.x_test).argmax(axis=1) == run.dataset.y_test).mean()
        print(f"hansen-corrected, seed {seed}, test % after one epoch: {100 * right:.2f}", flush=True)
    for name in ("zhang-as-published", "zhang-corrected"):
        for seed in seeds:
            run = Run(PRESETS[name].replace(seed=seed + 1, evaluate_every=500))
            before = run.network.layers[1].b
            run.advance(steps=500)
            data = run.dataset
            right = (run.network(data.x_train).argmax(axis=1) == data.y_train).mean()
            moved = np.abs(run.network.layers[1].b - before).max()
            print(f"{name}, seed {seed + 1}, training % after 500: {100 * right:.2f}, b2 moved {moved:.1e}", flush=True)


if __name__ == "__main__":
    main()
