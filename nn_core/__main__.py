"""The command line: train a preset, list the presets, fetch MNIST. The only place in nn_core that prints.

    python -m nn_core train --preset digits --epochs 3
    python -m nn_core presets
    python -m nn_core fetch mnist

Exit status: 0 done, 1 failed or interrupted, 2 asked for something that does not exist.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import TextIO

import numpy as np

from . import blas
from .datasets import DATASETS, DataUnavailable
from .evaluation import evaluate, targets_for
from .presets import PRESET_TITLES, PRESETS
from .run import Run

#: Passes over the data where neither the command line nor the preset says when to stop.
EPOCHS = 10
#: Training rows that loss and accuracy are measured on (all, where there are fewer).
MEASURED = 10_000
BAR = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line asks for and returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    chosen = _parser().parse_args(arguments)
    screen = Screen(sys.stdout)
    try:
        return chosen.command(chosen, screen)
    except DataUnavailable as problem:
        screen.clear()
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        screen.clear()
        print("Interrupted.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nn_core", description="Neural networks from scratch in NumPy.")
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train a preset, with a line an epoch")
    train.add_argument("--preset", required=True, choices=PRESETS, metavar="NAME", help=f"one of {', '.join(PRESETS)}")
    length = train.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=_count, metavar="N", help="passes over the training data")
    length.add_argument("--steps", type=_count, metavar="N", help="updates")
    train.add_argument("--seed", type=int, metavar="N", help="the seed of weights and order, instead of the preset's")
    train.set_defaults(command=_train, parser=train)

    presets = commands.add_parser("presets", help="list the presets")
    presets.set_defaults(command=_presets)

    fetch = commands.add_parser("fetch", help="bring a dataset onto this machine")
    downloads = [name for name, source in DATASETS.items() if source.bring is not None]
    fetch.add_argument("dataset", choices=downloads, help="the dataset")
    fetch.set_defaults(command=_fetch)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1,000,000,000")
    return int(text)


def _train(chosen: argparse.Namespace, screen: "Screen") -> int:
    config = PRESETS[chosen.preset]
    length = {"epoch": chosen.epochs} if chosen.epochs else {"step": chosen.steps} if chosen.steps else {}
    if length or not config.stop:
        others = {rule: value for rule, value in config.stop.items() if rule not in ("epoch", "step")}
        config = config.replace(stop=others | (length or {"epoch": EPOCHS}))
    if chosen.seed is not None:
        try:
            config = config.replace(seed=chosen.seed)
        except ValueError as problem:
            chosen.parser.error(str(problem))
    source = DATASETS[config.dataset]
    if not source.ready():
        _bring(config.dataset, screen)
    blas.one_thread()
    run = Run(config)
    data, network = run.dataset, "-".join(map(str, config.sizes))
    screen.line(f"{chosen.preset}: {network} on {source.title}, {data.n_train:,} rows train, seed {config.seed}")
    try:
        with np.errstate(all="ignore"):  # numbers that overflow end the run with a sentence
            _train_run(run, screen)
    except KeyboardInterrupt:
        screen.clear()
        print(f"Interrupted after {run.step:,} updates.", file=sys.stderr)
        return 1
    if run.diverged is not None:
        print(run.diverged, file=sys.stderr)
        return 1
    screen.line(run.stopped)
    screen.line(f"weights {run.fingerprint()}")
    return 0


def _train_run(run: Run, screen: "Screen") -> None:
    """Trains until the run stops, with a line an epoch and one for the rest."""
    stop, rows = run.settings["stop"], run.dataset.n_train
    begun = time.monotonic()
    while run.stopped is None:
        epoch = run.epoch
        while run.epoch == epoch and run.stopped is None:
            left = rows * (epoch + 1) - run.seen
            batch = run.settings["batch_size"]
            run.advance(steps=max(1, left // (rows if batch == "full" else batch)), seconds=0.1)
            done = run.step / stop["step"] if "step" in stop else run.seen / (rows * stop.get("epoch", epoch + 1))
            screen.bar(done, f"epoch {run.epoch + 1}  {run.step:,} updates  {time.monotonic() - begun:.0f} s")
        screen.clear()
        if run.diverged is None:
            screen.line(f"{_report(run, epoch + 1)}  {time.monotonic() - begun:.1f} s")


def _report(run: Run, epoch: int) -> str:
    """Loss and accuracy now, on the training data and held out."""
    words = [f"epoch {epoch}  {run.step:,} updates"]
    for split, prefix in (("train", ""), ("heldout", "held-out ")):
        targets = targets_for(run.config, run.dataset, split)
        loss, accuracy = evaluate(
            run.network, run.config.loss, run.dataset, split, targets, min(MEASURED, len(targets))
        )
        words.append(f"{prefix}loss {loss:.4f}")
        if run.dataset.classes:
            words.append(f"{prefix}accuracy {accuracy:.2%}")
    return "  ".join(words)


def _presets(chosen: argparse.Namespace, screen: "Screen") -> int:
    width = max(map(len, PRESETS))
    for name, config in PRESETS.items():
        network = "-".join(map(str, config.sizes))
        screen.line(f"{name:{width}}  {PRESET_TITLES[name]}  ({network} on {DATASETS[config.dataset].title})")
    return 0


def _fetch(chosen: argparse.Namespace, screen: "Screen") -> int:
    _bring(chosen.dataset, screen)
    return 0


def _bring(name: str, screen: "Screen") -> None:
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        words = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        screen.bar(done / total, words)
        if not screen.live and done * 4 // total > told:
            told = done * 4 // total
            screen.line(f"{DATASETS[name].title}: {words}")

    DATASETS[name].prepare(progress)
    screen.line(f"{DATASETS[name].title} is here, and every byte of it is right.")


class Screen:
    """Lines for everyone, and below the last one a moving bar where the output is a terminal."""

    def __init__(self, out: TextIO):
        self.out = out
        self.live = out.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = 0
        self._drawn = 0.0

    def line(self, words: str) -> None:
        """A line that stays."""
        self.clear()
        print(words, file=self.out, flush=True)

    def bar(self, share: float, words: str) -> None:
        """The bar at a share from 0 to 1, at most ten times a second; nothing where nobody looks."""
        if not self.live or time.monotonic() - self._drawn < 0.1:
            return
        self._drawn = time.monotonic()
        full = round(BAR * min(max(share, 0), 1))
        text = f"[{'=' * full}{' ' * (BAR - full)}] {share:4.0%}  {words}"
        self.out.write("\r" + text.ljust(self._shown))
        self.out.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Removes the bar."""
        if self._shown:
            self.out.write("\r" + " " * self._shown + "\r")
            self.out.flush()
            self._shown = 0


if __name__ == "__main__":
    sys.exit(main())
