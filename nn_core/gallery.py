"""The gallery: small experiments on the plane, a minute each, with what there is to watch for as a claim.

A claim is a function of the entry's runs after its number of updates; the tests hold every entry to it. What a learner
reads of an entry stands in assets/text/gallery.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .config import RunConfig
from .fitting import fitted
from .presets import PLAYGROUND
from .run import Run

#: From this share of right answers on new dots on, a problem counts as solved. Our choice.
SOLVED = 0.95


class Entry(NamedTuple):
    """One experiment: its configuration, how often it is repeated with other seeds (1: once), how many updates a second
    suit it, after how many updates its claim holds, and the claim."""

    config: RunConfig
    claim: Callable[[Sequence[Run]], bool]
    updates: int
    repeats: int = 1
    speed: str = "300"


def run_entry(entry: Entry) -> list[Run]:
    """The entry's runs after its number of updates."""
    runs = [Run(entry.config.replace(seed=entry.config.seed + k)) for k in range(entry.repeats)]
    for run in runs:
        run.advance(steps=entry.updates)
    return runs


def accuracy(run: Run) -> float:
    """The share of new dots that were right when last asked."""
    return float(run.curves["heldout_accuracy"][-1])


def solved(runs: Sequence[Run]) -> int:
    """How many of the runs have solved their problem."""
    return sum(accuracy(run) >= SOLVED for run in runs)


def dead_units(run: Run, layer: int = 0) -> int:
    """How many units of a hidden layer answer 0 to every training dot."""
    a = run.network.forward(run.dataset.x_train)[layer].a
    return int((a == 0).all(axis=0).sum())


def _alike(run: Run) -> bool:
    """Whether the units of every hidden layer have one and the same weights."""
    return all(np.ptp(layer.W, axis=1).max() == 0 for layer in run.network.layers[:-1])


def _xor(*hidden: int) -> RunConfig:
    return fitted(PLAYGROUND, dataset="xor", hidden=hidden, seed=0)


_NOISY = fitted(
    PLAYGROUND,
    dataset="gauss",
    dataset_args={"noise": 50, "n": 80},
    hidden=(8, 8),
    optimizer="adam",
    learning_rate=0.01,
    seed=0,
)
_SPIRAL = fitted(PLAYGROUND, dataset="spiral", seed=0)

GALLERY: dict[str, Entry] = {
    "xor-line": Entry(_xor(), lambda runs: solved(runs) == 0, 1000, repeats=12),
    "xor-two": Entry(
        _xor(2),
        lambda runs: solved(runs) == 0 and sum(0.8 < accuracy(run) < 0.92 for run in runs) >= 10,
        1000,
        repeats=12,
    ),
    # Which of its beginnings have found the way changes as they go on, so they stop where the text counts them.
    "xor-four": Entry(_xor(4).replace(stop={"step": 1000}), lambda runs: 4 <= solved(runs) <= 8, 1000, repeats=12),
    "xor-eight": Entry(_xor(8), lambda runs: solved(runs) >= 11, 1000, repeats=12),
    "spiral-plain": Entry(_SPIRAL, lambda runs: accuracy(runs[0]) < 0.8, 2000),
    "spiral-inputs": Entry(
        fitted(_SPIRAL, dataset_args={"features": ["x1", "x2", "sin_x1", "sin_x2"]}, hidden=(8, 8)),
        lambda runs: solved(runs) == 1,
        2500,
    ),
    "all-zero": Entry(
        fitted(PLAYGROUND, init="zeros", init_args={}, bias_init="zeros"),
        lambda runs: not runs[0].network.layers[0].W.any() and accuracy(runs[0]) == 0.5,
        500,
    ),
    "all-equal": Entry(
        fitted(PLAYGROUND, init="constant", init_args={"value": 0.5}),
        lambda runs: _alike(runs[0]) and solved(runs) == 0,
        1500,
    ),
    "rate-ten": Entry(
        fitted(PLAYGROUND, learning_rate=10.0),
        lambda runs: runs[0].diverged is not None or runs[0].curves["heldout_loss"][-1] > 1,
        300,
        speed="30",
    ),
    "dying-relu": Entry(
        fitted(
            PLAYGROUND,
            hidden=(8, 8),
            hidden_activations="relu",
            init="he_normal",
            init_args={},
            bias_init="zeros",
            learning_rate=1.0,
            seed=0,
        ),
        lambda runs: dead_units(runs[0], 1) == 8 and accuracy(runs[0]) == 0.5,
        500,
        speed="30",
    ),
    "overfitting": Entry(
        _NOISY,
        lambda runs: (
            runs[0].curves["accuracy"][-1] == 1
            and runs[0].curves["heldout_loss"][-1] > 1.5 * runs[0].curves["heldout_loss"].min()
        ),
        4000,
    ),
    "overfitting-l2": Entry(
        _NOISY.replace(l2=0.03),
        lambda runs: (
            runs[0].curves["accuracy"][-1] < 1
            and runs[0].curves["heldout_loss"][-1] < 1.5 * runs[0].curves["heldout_loss"].min()
        ),
        4000,
    ),
}

__all__ = ["GALLERY", "Entry", "accuracy", "dead_units", "run_entry", "solved"]
