"""The gradient check of one update, in pieces small enough to do while the network trains.

Every number w of the network is nudged by h both ways, and the loss measured: (L(w + h) − L(w − h)) / 2h, in float64,
on the rows of the update's own batch. A weight's nudge moves one unit's sum by h times its input and nothing else in
that layer, so the run starts from there: one nudge costs a row through the layers above instead of a whole forward
pass, and all nudges of a unit go through together. Where that does not hold (batch norm ties the rows together) the
core's own slopes are taken, one number at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..gradcheck import CURVED, LIMIT, NUDGE, SAMPLE, _picked, _Slopes
from ..losses import LOSSES
from .effect import training_of
from .row import Chosen, Row

#: Rows of the batch that a check uses at most.
ROWS = 16
#: Rows that go through the upper layers in one call.
TOGETHER = 320
#: Numbers that one piece nudges one at a time.
SINGLY = 8


class Nudged(NamedTuple):
    """A piece's outcome: the parameter array's place in `names`, how many numbers, and the sums of the squares of
    analytic - numeric, analytic and numeric."""

    place: int
    count: int
    difference: float
    analytic: float
    numeric: float


class Nudging:
    """The check of the update that a Row belongs to. `pieces` is the work; `check(k)` does piece number k of it.

    pieces: int32 (pieces, 4), each the parameter array's place in `names`, unit j, and from where to where it goes in
    the array's inputs; or, where j is -1, in those of its numbers that are nudged one at a time. (One array and not a
    list, since there may be many thousands.)

    names: (layer, array, how many numbers) of every parameter array. rows: rows of the batch that are used. noise: what
    rounding alone leaves in a slope.
    """

    def __init__(self, row: Row):
        traces, _, x, y, place = row.piece
        n = len(x)
        first = max(0, min(place - ROWS // 2, n - ROWS))
        used = slice(first, min(n, first + ROWS))
        self.rows, self.place = used.stop - used.start, place - first
        self.limit = LIMIT
        self.net = row.network.copy(np.float64)
        training = training_of(traces)
        if training is not None and training.masks is not None:
            masks = tuple(None if mask is None else mask[used].astype(np.float64) for mask in training.masks)
            training = training._replace(masks=masks)
        self.training, self.loss_name = training, row.rules.loss
        loss = LOSSES[row.rules.loss]
        y = y[used] if loss.targets == "labels" else np.asarray(y[used], np.float64)
        self.y, self.loss = y, loss
        self.traces = self.net._forward(x[used].astype(np.float64), training)
        self.grads = self.net._backward(self.traces, y, loss, row.terms)
        self._slopes: dict[int, _Slopes] = {}
        self.base = float(loss.rows(self.traces[-1].z, self.traces[-1].a, y).mean())
        self.noise = 8.0 * np.finfo(np.float64).eps * max(abs(self.base), 1.0) / NUDGE
        self.arrays = [(l, name) for l, layer in enumerate(self.net.layers) for name in layer._parameters()]
        self.tied = [any(layer.norm is not None for layer in self.net.layers[l:]) for l in range(len(self.net.layers))]
        self._picked = [self._singly(l, name) for l, name in self.arrays]
        self.pieces = np.concatenate([self._work(place) for place in range(len(self.arrays))])
        sizes = self.pieces[:, 3] - self.pieces[:, 2]
        self.names = [
            (l, name, int(sizes[self.pieces[:, 0] == place].sum())) for place, (l, name) in enumerate(self.arrays)
        ]
        self._done = np.full((len(self.pieces), 3), np.nan)

    # -- one number ----------------------------------------------------------------------------------------------------

    def analytic(self, chosen: Chosen) -> float:
        """What the backward pass says, bugs included, in float64 and for these rows."""
        return float(self.grads[chosen.layer].of(chosen.array)[chosen.index])

    def numeric(self, chosen: Chosen) -> float:
        """What nudging the number itself measures, by whole forward passes."""
        array = self.net.layers[chosen.layer]._parameters()[chosen.array]
        flat = int(np.ravel_multi_index(chosen.index, array.shape))
        return float(self._slope(chosen.layer)(array, flat, self.analytic(chosen)))

    def error(self, analytic: float, numeric: float) -> float:
        """The relative error |a − n| / (|a| + |n|); 0 where rounding alone explains the difference."""
        return relative_error((analytic - numeric) ** 2, analytic**2, numeric**2, 1, self.noise)

    # -- all of them ---------------------------------------------------------------------------------------------------

    def check(self, k: int) -> Nudged:
        """Piece number k; done once."""
        place, j, start, stop = self.pieces[k].tolist()
        if np.isnan(self._done[k, 0]):
            analytic, numeric = self._alone(place, start, stop) if j < 0 else self._together(place, j, start, stop)
            difference = analytic - numeric
            self._done[k] = difference @ difference, analytic @ analytic, numeric @ numeric
        return Nudged(place, stop - start, *self._done[k].tolist())

    def _singly(self, l: int, name: str) -> np.ndarray | None:
        """Flat indices of an array's numbers that are nudged one at a time; None where units are nudged as a whole."""
        if not self.tied[l] and name in ("W", "b"):
            return None
        array = self.net.layers[l]._parameters()[name]
        picked = _picked(array.shape, min(SAMPLE, array.size), np.random.default_rng(0))
        return np.arange(array.size) if picked is None else picked

    def _work(self, place: int) -> np.ndarray:
        """The pieces of one parameter array."""
        l, name = self.arrays[place]
        array, picked = self.net.layers[l]._parameters()[name], self._picked[place]
        if picked is None:
            size, each, units = (
                array.shape[0] if name == "W" else 1,
                max(1, TOGETHER // (2 * self.rows)),
                array.shape[-1],
            )
        else:
            size, each, units = len(picked), SINGLY, 1
        starts = np.arange(0, size, each)
        units = np.arange(units) if picked is None else np.array([-1])
        place, j, start = np.broadcast_arrays(place, units[:, None], starts)
        return np.stack([place, j, start, np.minimum(start + each, size)], axis=-1).reshape(-1, 4).astype(np.int32)

    def _slope(self, l: int) -> _Slopes:
        if l not in self._slopes:
            self._slopes[l] = _Slopes(self.net, self.traces, self.y, self.loss_name, self.training, l, NUDGE)
        return self._slopes[l]

    def _alone(self, place: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        (l, name), flat = self.arrays[place], self._picked[place][start:stop]
        array, slope = self.net.layers[l]._parameters()[name], self._slope(l)
        analytic = self.grads[l].of(name).reshape(-1)[flat]
        return analytic, np.array([slope(array, k, a) for k, a in zip(flat, analytic, strict=True)])

    def _together(self, place: int, j: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """All nudges of one unit: its sum goes up and down by h times each input, and that runs through the rest."""
        l, name = self.arrays[place]
        gradient = self.grads[l].of(name)
        analytic = gradient[start:stop, j] if name == "W" else gradient[j : j + 1]
        x = self.traces[l].x[:, start:stop] if name == "W" else np.ones((self.rows, 1))
        numeric = np.zeros(stop - start)
        moves = np.flatnonzero(x.any(axis=0))  # an input that is always 0 moves nothing: its slope is 0
        for nudge in (NUDGE, NUDGE / 10, NUDGE / 100):
            if not len(moves):
                break
            shift = nudge * x[:, moves].T  # (nudges, rows)
            right, left = (self._means(l, j, sign * shift) for sign in (1.0, -1.0))
            right, left = (right - self.base) / nudge, (self.base - left) / nudge
            smooth = np.abs(right - left) <= max(CURVED * nudge, self.noise * NUDGE / nudge)
            numeric[moves] = np.where(
                smooth, (left + right) / 2, np.clip(analytic[moves], np.minimum(left, right), np.maximum(left, right))
            )
            moves = moves[~smooth]  # these cross a unit's kink on the way: nudge them less, as the core's check does
        return analytic, numeric

    def _means(self, l: int, j: int, shift: np.ndarray) -> np.ndarray:
        """The mean loss for each row of `shift` (nudges, rows), which is added to unit j's sum in layer l."""
        layers, trace, nudges = self.net.layers, self.traces[l], len(shift)
        if l == len(layers) - 1:
            z = np.repeat(trace.z[None], nudges, axis=0)
            z[:, :, j] += shift
            return self._losses(z)
        layer = layers[l]
        a = layer._activation.value(trace.z[:, j] + shift)
        if trace.extras is not None and trace.extras.mask is not None:
            a = a * trace.extras.mask[:, j]
        if layer._on is not None:
            a = a * layer._on[j]
        moved = a - trace.a[:, j]
        z = self.traces[l + 1].z[None] + moved[:, :, None] * layers[l + 1]._W[j]
        for m in range(l + 1, len(layers) - 1):
            a = layers[m]._activation.value(z)
            masks = self.training.masks[m] if self.training is not None and self.training.masks else None
            a = a if masks is None else a * masks
            a = a if layers[m]._on is None else a * layers[m]._on
            z = a @ layers[m + 1]._W
            if layers[m + 1]._b is not None:
                z += layers[m + 1]._b
        return self._losses(z)

    def _losses(self, z: np.ndarray) -> np.ndarray:
        """The mean loss of each of (nudges, rows, outputs)."""
        nudges, rows, outputs = z.shape
        z = z.reshape(nudges * rows, outputs)
        a = self.net.layers[-1]._activation.value(z)
        y = np.tile(self.y, (nudges, *[1] * (self.y.ndim - 1)))
        return self.loss.rows(z, a, y).reshape(nudges, rows).mean(axis=1)


def relative_error(difference: float, analytic: float, numeric: float, count: int, noise: float) -> float:
    """|a − n| / (|a| + |n|) from the three sums of squares over `count` numbers; 0 where `noise` explains it all."""
    difference, total = math.sqrt(difference), math.sqrt(analytic) + math.sqrt(numeric)
    if difference == 0.0 or (difference > LIMIT * total and difference <= noise * math.sqrt(count)):
        return 0.0
    return difference / total
