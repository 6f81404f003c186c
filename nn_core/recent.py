"""Recent updates: by how much each of the last updates moved each layer's weights.

While a run trains, `Recent` looks at a few updates whenever it is asked to, as a hook; everywhere else `Run.recent`
does the same updates once more. Both give the same numbers, because an update depends on the run alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .steps import CHUNK, Step

#: So many of the last updates are looked at. Our choice: enough for a steady median, few enough to follow a change.
RECENT = 10
#: How many more updates are looked at once somebody has asked, so that slow training is followed without gaps.
_FOLLOWED = RECENT + 2


class Moves(NamedTuple):
    """How the last `k` updates before `step` (at most RECENT, fewer only at a run's begin) moved the weights W.

    moved: float64 (k, layers), the length |W after - W before| of each update, oldest first. weights: float64
    (layers,), |W| after the last of them. Lengths are Euclidean. last: the last update itself, one array a layer,
    (fan_in, fan_out), or None where nobody asked for it.
    """

    step: int
    moved: np.ndarray
    weights: np.ndarray
    last: tuple[np.ndarray, ...] | None

    @property
    def ratios(self) -> np.ndarray:
        """Update to weight, float64 (k, layers); 0 where a layer's weights are all 0."""
        return np.divide(self.moved, self.weights, out=np.zeros_like(self.moved), where=self.weights > 0)


def change(step: Step, settings: Mapping[str, Any]) -> tuple[np.ndarray, ...]:
    """By what an update changed each layer's W, one array a layer.

    For plain SGD this is -learning_rate * dW, which keeps the digits of updates far smaller than the weights; with
    penalties, another optimizer or a batch in pieces, whose dW is not kept, it is the difference between after and
    before.
    """
    plain = settings["optimizer"] == "sgd" and not settings["optimizer_args"].get("weight_decay", 0)
    if plain and settings["l1"] == settings["l2"] == 0 and len(step.rows) <= CHUNK:
        return tuple(-step.learning_rate * grads.dW for grads in step.grads)
    return tuple(
        after.W.astype(np.float64) - before.W
        for after, before in zip(step.after.layers, step.before.layers, strict=True)
    )


class Recent:
    """Looks at a playback's updates on request and keeps the last ones; `moves` is what it knows, None at first."""

    def __init__(self, playback):
        self.moves: Moves | None = None
        self._playback = playback
        self._seen: deque[tuple[int, np.ndarray]] = deque(maxlen=RECENT)
        self._left = self._whole_left = 0
        self._whole = False
        self._last: tuple[np.ndarray, ...] | None = None

    def ask(self, *, whole: bool = False) -> None:
        """Look at the next updates; with `whole` keep the last one itself, too."""
        self._left = _FOLLOWED
        if whole:
            self._whole_left = _FOLLOWED

    def wanted(self, updates: int) -> int:
        """How many at the end of a stretch of `updates` are to be looked at."""
        return min(updates, RECENT) if self._left else 0

    def watch(self, updates: int) -> int:
        """Let the playback's trainer do `updates` updates and look at each; returns how many were done."""
        with self.looking(whole=self._whole_left > 0):
            done = self._playback.trainer.advance(updates)
        self._left, self._whole_left = max(0, self._left - done), max(0, self._whole_left - done)
        return done

    @contextmanager
    def looking(self, *, whole: bool = False):
        """Look at every update that the playback does meanwhile, and take stock at the end."""
        self._whole = whole
        self._playback.trainer.call((self._look,))
        try:
            yield
        finally:
            self._playback.trainer.call(())
        if self._seen and (len(self._seen) == RECENT or self._seen[0][0] == 0):
            self._take_stock()

    def _take_stock(self) -> None:
        trainer = self._playback.trainer
        trainer.sync()
        weights = np.array([np.linalg.norm(layer.W.astype(np.float64)) for layer in trainer.network.layers])
        moved = np.array([lengths for _, lengths in self._seen])
        self.moves = Moves(self._seen[-1][0] + 1, moved, weights, self._last)

    def _look(self, step: Step) -> None:
        changed = change(step, self._playback.settings)
        if self._seen and step.index != self._seen[-1][0] + 1:
            self._seen.clear()
        self._seen.append((step.index, np.array([np.sqrt(np.vdot(one, one)) for one in map(_exact, changed)])))
        self._last = tuple(map(np.array, changed)) if self._whole else None


def _exact(values: np.ndarray) -> np.ndarray:
    """float64, so that squares of tiny updates do not vanish."""
    return values.astype(np.float64, copy=False)
