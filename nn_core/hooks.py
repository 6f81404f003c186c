"""Hooks: plain functions that are called with every update, to look at it.

A hook takes one `Step` and returns nothing. What it is handed is read-only, so a hooked training run ends in exactly
the weights of an unhooked one. `every` thins a hook out; `Recorder` is the ready-made one that keeps what it saw.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from .arguments import shown, whole

if TYPE_CHECKING:
    from .training import Step

Hook = Callable[["Step"], None]


def every(k: int, hook: Hook) -> Hook:
    """Return `hook`, called only at updates whose index is a multiple of `k`.

    The Trainer reads the interval from the returned function and spends nothing on the updates in between.
    Raises ValueError where `k` is not a whole number of at least 1 or `hook` is not a function.
    """
    k = whole("every: k", k, 1)
    if not callable(hook):
        raise ValueError(f"every: hook is {shown(hook)}, but must be a function of one Step.")

    def thinned(step: Step) -> None:
        if step.index % k == 0:
            hook(step)

    thinned.interval = lcm(k, interval_of(hook))
    return thinned


def interval_of(hook: Hook) -> int:
    """How many updates lie between two calls of `hook` (1 for a plain function)."""
    return getattr(hook, "interval", 1)


@dataclass(frozen=True)
class Record:
    """What a Recorder keeps of one update: copies, so they stay true after training has gone on.

    `z`, `a`, `dz`, `db` hold one array a layer, shapes (n, fan_out) and (fan_out,); `db` is None without a bias.
    """

    index: int
    epoch: int
    loss: float
    rows: np.ndarray
    z: tuple[np.ndarray, ...]
    a: tuple[np.ndarray, ...]
    dz: tuple[np.ndarray, ...]
    db: tuple[np.ndarray | None, ...]


class Recorder:
    """A hook that keeps every loss it saw and the arrays of the last `keep` updates.

        recorder = Recorder(keep=10)
        Trainer(..., hooks=[recorder])
        recorder.losses          # list of floats, one an update
        recorder.records[-1].a   # activations of the latest update, one array a layer

    Raises ValueError where `keep` is not a whole number of at least 0.
    """

    def __init__(self, keep: int = 1):
        keep = whole("Recorder: keep", keep, 0)
        self.indices: list[int] = []
        self.losses: list[float] = []
        self.records: deque[Record] = deque(maxlen=keep)

    def __call__(self, step: Step) -> None:
        self.indices.append(step.index)
        self.losses.append(step.loss)
        if self.records.maxlen == 0:
            return
        self.records.append(
            Record(
                index=step.index,
                epoch=step.epoch,
                loss=step.loss,
                rows=np.array(step.rows),
                z=tuple(np.array(trace.z) for trace in step.traces),
                a=tuple(np.array(trace.a) for trace in step.traces),
                dz=tuple(np.array(grad.dz) for grad in step.grads),
                db=tuple(None if grad.db is None else np.array(grad.db) for grad in step.grads),
            )
        )

    def __repr__(self) -> str:
        return f"Recorder({len(self.losses)} losses, {len(self.records)} records)"
