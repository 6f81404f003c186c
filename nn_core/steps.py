"""Step: one update, as a hook sees it.

Everything in it is read-only and holds until the next update. What is dear to compute (a large layer's dW, the network
before and after, the traces of a batch of thousands) is computed only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .network import Network
from .records import Grads, Trace, read_only, sealed

#: Larger batches are worked through in pieces of this many rows, so that memory stays bounded.
CHUNK = 1024


class Rules(NamedTuple):
    """What was in force at an update: the names of its loss and bugs, the optimizer (a copy, its learning rate as
    scheduled), the penalties, and the optimizer's slots before the update, by layer and parameter."""

    loss: str
    bug: tuple[str, ...]
    optimizer: Any
    l1: float
    l2: float
    slots: tuple[dict[str, dict[str, np.ndarray]], ...]


class Step:
    """One update: it takes the network from `before` to `after`.

    index: number of the update, from 0. epoch: passes over the data completed before it. rows: (n,) rows of the
    training data it used. loss: mean over them, before the update and without penalties. learning_rate: as scheduled.
    x: (n, fan_in). y: their targets. traces, grads: one Trace and one Grads a layer (gradients of the loss alone,
    without penalties). before, after: Networks. rules: what was in force, where the Step comes from `Run.step_at`.
    """

    rules: Rules | None = None
    index: int
    epoch: int
    rows: np.ndarray
    loss: float
    learning_rate: float
    x: np.ndarray
    y: np.ndarray
    traces: tuple[Trace, ...]
    grads: tuple[Grads, ...]
    before: Network
    after: Network

    def chunks(self) -> Iterator[tuple[tuple[Trace, ...], tuple[Grads, ...], np.ndarray, np.ndarray]]:
        """Yield (traces, grads, x, y) a piece of at most CHUNK rows; the grads are the piece's share of the batch's
        mean, so that they add up to it."""
        yield self.traces, self.grads, self.x, self.y

    def gradient(self, layer: int, name: str) -> np.ndarray:
        """The batch's gradient of a layer's "W" or "b", without penalties, shaped like it."""
        raise NotImplementedError

    def around(self, k: int) -> tuple[tuple[Trace, ...], tuple[Grads, ...], np.ndarray, np.ndarray, int]:
        """(traces, grads, x, y, place) of a piece of the batch in which batch row k stands at `place`."""
        return self.traces, self.grads, self.x, self.y, k

    def __repr__(self) -> str:
        return f"Step(index={self.index}, epoch={self.epoch}, rows={len(self.rows)}, loss={self.loss:.6g})"


class WholeStep(Step):
    """An update of the plain engine. A batch of several pieces gives its details piece by piece, see `chunks`."""

    def __init__(self, *, index, epoch, rows, loss, learning_rate, before, network, pieces, passes, sums, first):
        self.index, self.epoch, self.rows = index, epoch, read_only(rows)
        self.loss, self.learning_rate, self.before = loss, learning_rate, before
        self._network, self._pieces, self._passes, self._sums, self._first = network, pieces, passes, sums, first

    def chunks(self):
        for k in range(len(self._pieces)):
            traces, grads, _, x, y = self._first_pass() if self._first else self._passes(k)
            yield (
                tuple(sealed(trace) for trace in traces),
                tuple(sealed(grad) for grad in grads),
                read_only(x),
                read_only(y),
            )

    def _first_pass(self):
        traces, grads, x, y = self._first
        return traces, grads, self.loss, x, y

    @cached_property
    def _all(self):
        return list(self.chunks())

    @cached_property
    def x(self) -> np.ndarray:
        return _joined([x for _, _, x, _ in self._all])

    @cached_property
    def y(self) -> np.ndarray:
        return _joined([y for _, _, _, y in self._all])

    @cached_property
    def traces(self) -> tuple[Trace, ...]:
        if self._first:
            return self._all[0][0]
        layers = zip(*(traces for traces, _, _, _ in self._all), strict=True)
        return tuple(
            Trace(*(_joined([getattr(t, name) for t in layer]) for name in ("x", "z", "a"))) for layer in layers
        )

    @cached_property
    def grads(self) -> tuple[Grads, ...]:
        if self._first:
            first, *others = self._all[0][1]
            return (FirstGrads(first, self._first_layers_dx), *others)
        result = []
        for l, sums in enumerate(self._sums):
            pieces = [grads[l] for _, grads, _, _ in self._all]
            dx = None if l == 0 else _joined([grad.dx for grad in pieces])
            dz, db = _joined([grad.dz for grad in pieces]), sums.get("b")
            result.append(Grads(dz, read_only(sums["W"]), None if db is None else read_only(db), dx))
        return (FirstGrads(result[0], self._first_layers_dx), *result[1:])

    def _first_layers_dx(self) -> np.ndarray:
        return _joined([self._passes(k, first_dx=True)[1][0].dx for k in range(len(self._pieces))])

    @cached_property
    def after(self) -> Network:
        return self._network.copy()

    def gradient(self, layer: int, name: str) -> np.ndarray:
        return read_only(self._sums[layer][name])

    def around(self, k: int):
        starts = np.cumsum([0, *map(len, self._pieces)])
        piece = int(np.searchsorted(starts, k, side="right")) - 1
        traces, grads, _, x, y = self._first_pass() if self._first else self._passes(piece)
        return traces, grads, x, y, k - int(starts[piece])


class LateGrads(Grads):
    """Grads of which some entries are found only when they are asked for."""

    def __iter__(self):
        return iter((self.dz, self.dW, self.db, self.dx, self.dnorm))

    def __getitem__(self, place):
        return tuple(self)[place]


class FirstGrads(LateGrads):
    """The Grads of a batch in the first layer, whose dx no update needs."""

    def __new__(cls, grads: Grads, find_dx):
        """find_dx() gives dx, (n, fan_in)."""
        made = super().__new__(cls, *grads)
        made._find_dx = find_dx
        return made

    @cached_property
    def dx(self) -> np.ndarray:
        return self._find_dx()


class FastGrads(LateGrads):
    """One layer's gradients as the fast engines have them: dz is there, dW, db and dx are found when asked for."""

    def __new__(cls, x: np.ndarray, dz: np.ndarray, bias: bool, weights, layer: int):
        """x (n, fan_in) and dz (n, fan_out) are read-only; weights(layer) gives the layer's array before the update,
        whose first fan_in rows are W."""
        made = tuple.__new__(cls, (dz, None, None, None, None))
        made._x, made._bias, made._weights, made._layer = x, bias, weights, layer
        return made

    @cached_property
    def dW(self) -> np.ndarray:
        return read_only(self._x.T @ self.dz)

    @cached_property
    def db(self) -> np.ndarray | None:
        if not self._bias:
            return None
        return self.dz[0] if len(self.dz) == 1 else read_only(self.dz.sum(axis=0))

    @cached_property
    def dx(self) -> np.ndarray:
        return read_only(self.dz @ self._weights(self._layer)[: self._x.shape[1]].T)


class FastStep(Step):
    """An update of a fast engine, which hands in functions for what it computes on demand."""

    def __init__(self, *, index, epoch, rows, y, loss, learning_rate, traces, grads, before, after):
        self.index, self.epoch, self.rows, self.y = index, epoch, rows, y
        self.loss, self.learning_rate = loss, learning_rate
        self.traces, self.grads, self._before, self._after = traces, grads, before, after

    @property
    def x(self) -> np.ndarray:
        return self.traces[0].x

    @cached_property
    def before(self) -> Network:
        return self._before()

    @cached_property
    def after(self) -> Network:
        return self._after()

    def gradient(self, layer: int, name: str) -> np.ndarray:
        return self.grads[layer].dW if name == "W" else self.grads[layer].db


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return read_only(parts[0] if len(parts) == 1 else np.concatenate(parts))
