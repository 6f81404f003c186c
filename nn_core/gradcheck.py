"""The gradient check: does the backward pass say what really happens when a weight is nudged?

For every number w of the network, the slope of the loss is measured by nudging w both ways, (L(w + h) − L(w − h)) / 2h,
and compared with what `Network.backward` found. A right backward pass agrees to about nine digits, a wrong one does not
(Bishop 2006, eq. 5.69: nudging both ways leaves an error of order h² only).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .arguments import number, whole
from .records import Training

__all__ = ["Checked", "GradientReport", "check_gradients"]

NUDGE = 1e-5  # h: the error of the formula (h²) and that of rounding (1e-16 / h) are both small here
CURVED = 50.0  # a second derivative up to this is taken for curvature, beyond it for a kink
LIMIT = 1e-5  # the largest relative error that still counts as agreement
FEW = 5_000  # arrays up to this size are checked number by number unless `sample` says otherwise
SAMPLE = 512  # of larger ones, so many


class Checked(NamedTuple):
    """One array's outcome. analytic and numeric are shaped like the array, or (k,) where only k numbers were checked;
    `indices` then says which (flat, in C order), and is None otherwise. relative_error is |a − n| / (|a| + |n|) in
    Euclidean norms: 0 for agreement, 1 where one is 0 or the signs are opposite.
    """

    layer: int
    array: str
    analytic: np.ndarray
    numeric: np.ndarray
    relative_error: float
    indices: np.ndarray | None = None


@dataclass(frozen=True, eq=False, repr=False)
class GradientReport(Sequence):
    """All of a check's outcomes, first layer first. `ok` is whether all agree, `worst` the Checked that agrees least.

    A sequence of Checked; printed, a table.
    """

    checked: tuple[Checked, ...]
    limit: float = LIMIT

    @property
    def worst(self):
        """The entry with the largest relative error."""
        return max(self.checked, key=lambda entry: entry.relative_error)

    @property
    def ok(self):
        """True where every array's relative error is at most `limit`."""
        return self.worst.relative_error <= self.limit

    def __len__(self):
        return len(self.checked)

    def __getitem__(self, index):
        """By position, or by (layer, array): report[1, "W"]."""
        if isinstance(index, tuple):
            return next(entry for entry in self.checked if (entry.layer, entry.array) == index)
        return self.checked[index]

    def __str__(self):
        lines = [f"layer  array   checked  {'|analytic|':>12}  {'|numeric|':>12}  relative error"]
        for entry in self.checked:
            verdict = "" if entry.relative_error <= self.limit else "  wrong"
            lines.append(
                f"{entry.layer:>5}  {entry.array:<5}  {entry.analytic.size:>8,}  "
                f"{np.linalg.norm(entry.analytic):>12.4e}  {np.linalg.norm(entry.numeric):>12.4e}  "
                f"{entry.relative_error:>14.1e}{verdict}"
            )
        if self.ok:
            lines.append(f"The gradients agree: no relative error above {self.limit:g}.")
        else:
            lines.append(f"The gradients disagree, most of all in layer {self.worst.layer}'s {self.worst.array}.")
        return "\n".join(lines)

    __repr__ = __str__


def check_gradients(net, x, y, loss, *, bug=(), sample=None, training=None, h=NUDGE, limit=LIMIT, seed=0):
    """Compares `net.backward(..., bug=bug)` with measured slopes, array by array; gives a GradientReport.

    x, y and loss are as for `Network.backward`; both sides are computed in float64, on copies, whatever the network's
    dtype. sample limits how many numbers of an array are nudged: None for all of arrays up to 5,000 numbers and 512 of
    larger ones, a whole number, or "all". Those picked (by `seed`) reach every unit of the layer if there are enough.
    training is a Training with the dropout masks to use; left out, batch norm uses the batch's own statistics if the
    batch has two rows or more, and nothing drops out.
    """
    h, limit = number("h", h), number("limit", limit)
    if h <= 0 or limit <= 0:
        raise ValueError(f"h is {h:g} and limit is {limit:g}, but both must be above 0.")
    if not (sample is None or sample == "all"):
        sample = whole("sample", sample, 1)
    net = net.copy(np.float64)
    x = net._inputs(x)
    if training is None and len(x) > 1 and any(layer.norm is not None for layer in net.layers):
        training = Training()
    traces = net.forward(x, training=training)
    grads = net.backward(traces, y, loss, bug=bug)
    rng = np.random.default_rng(seed)
    checked = []
    for l, layer in enumerate(net.layers):
        slope = _Slopes(net, traces, y, loss, training, l, h)
        for name, array in layer._parameters().items():
            indices = _picked(array.shape, sample, rng)
            analytic = grads[l].of(name).copy()
            if indices is not None:
                analytic = analytic.reshape(-1)[indices]
            walk = range(array.size) if indices is None else indices
            numeric = np.array([slope(array, index, a) for index, a in zip(walk, analytic.flat, strict=True)])
            numeric = numeric.reshape(analytic.shape)
            error = _relative_error(analytic, numeric, slope.noise)
            checked.append(Checked(l, name, analytic, numeric, error, indices))
    return GradientReport(tuple(checked), limit)


class _Slopes:
    """Measures slopes of the loss along single numbers of layer l; the layers before it need no second pass."""

    def __init__(self, net, traces, y, loss, training, l, h):
        self.net, self.training, self.l, self.h = net, training, l, h
        self.loss, self.y = net._targets(traces, y, loss)
        self.x = traces[l].x
        self.base = self._value()
        # Rounding leaves about this much in a slope, whatever the gradient.
        self.noise = 8.0 * np.finfo(np.float64).eps * max(abs(self.base), 1.0) / h

    def __call__(self, array, index, analytic):
        """(L(w + h) − L(w − h)) / 2h for w the number at flat position `index` of `array`, which is left as it was.

        Where the slopes to the left and to the right differ by more than curvature explains, a unit crosses its kink
        on the way, and h is made smaller. A unit that sits on its kink (relu at exactly 0) has no slope there; then
        every number between left and right is as good, `analytic` too.
        """
        for nudge in (self.h, self.h / 10, self.h / 100):
            left, right = self._sides(array.reshape(-1), index, nudge)
            if abs(right - left) <= max(CURVED * nudge, self.noise * self.h / nudge):
                return (left + right) / 2
        return min(max(analytic, min(left, right)), max(left, right))

    def _sides(self, flat, index, nudge):
        kept = flat[index]
        flat[index] = kept + nudge
        right = (self._value() - self.base) / (flat[index] - kept)
        flat[index] = kept - nudge
        left = (self.base - self._value()) / (kept - flat[index])
        flat[index] = kept
        return left, right

    def _value(self):
        x, masks = self.x, self.training and self.training.masks
        for l in range(self.l, len(self.net.layers)):
            trace = self.net.layers[l]._forward(x, self.training is not None, masks[l] if masks else None)
            x = trace.a
        return float(self.loss.rows(trace.z, trace.a, self.y).mean())


def _picked(shape, sample, rng):
    """Flat indices of the numbers to check, or None for all: every column in turn, rows in an order of their own."""
    size = math.prod(shape)
    if sample == "all" or (sample is None and size <= FEW):
        return None
    sample = sample or SAMPLE
    if sample >= size:
        return None
    if len(shape) == 1:
        return np.sort(rng.permutation(size)[:sample])
    rows, columns = shape
    k = np.arange(size)
    order = rng.permutation(rows)[(k + k // math.lcm(rows, columns)) % rows] * columns
    order += rng.permutation(columns)[k % columns]
    return np.sort(order[:sample])


def _relative_error(analytic, numeric, noise):
    """|a − n| / (|a| + |n|); 0 for gradients so small that rounding alone explains the difference."""
    difference = np.linalg.norm(analytic - numeric)
    total = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    if difference == 0.0 or (difference > LIMIT * total and difference <= noise * math.sqrt(analytic.size)):
        return 0.0
    return float(difference / total)
