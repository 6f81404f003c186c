"""Losses: how wrong the outputs a are for the targets y, as one number, the mean over the batch.

`value` and `gradient` take outputs. `rows` and `delta` are what networks use: they know the last layer's z too, and so
join softmax with cross_entropy, and sigmoid with binary_cross_entropy, into one expression that stays exact where
exp(z) would overflow. `LOSSES` maps the names to them; `outputs` says which output activations each one goes with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .arguments import choose

__all__ = ["LOSSES", "Loss", "check_pair", "one_hot"]


# The smallest normal number of each dtype: where a logarithm's argument is clipped.
_TINY = {np.dtype(dtype): np.finfo(dtype).tiny for dtype in (np.float32, np.float64)}


@dataclass(frozen=True)
class Loss:
    """One loss, with its gradient. a is (n, units). `targets` says what y is: "labels", (n,) whole numbers, or "shares"
    (from 0 to 1) or "numbers", both (n, units).

    value(a, y) -> float and gradient(a, y) -> dL/da of a's shape check what they are given.
    rows(z, a, y) -> (n,), every row's own loss (their mean is the loss), and
    delta(z, a, y, activation, n) -> dL/dz of a's shape, where the mean goes over n rows, do not.
    """

    name: str
    formula: str
    gradient_formula: str
    source: str
    targets: str
    outputs: tuple[str, ...]
    rows: Callable[[Any, Any, Any], np.ndarray]
    delta: Callable[[Any, Any, Any, Any, int], np.ndarray]
    _rows_of_a: Callable[[Any, Any], np.ndarray]
    _gradient_of_a: Callable[[Any, Any], np.ndarray]

    def __repr__(self):
        return f"Loss({self.name}: {self.formula})"

    def value(self, a, y):
        """The loss of outputs a (n, units) for targets y. Logarithms are clipped at a's smallest normal number."""
        a, y = self._checked(a, y)
        return float(self._rows_of_a(a, y).mean())

    def gradient(self, a, y):
        """dL/da, (n, units)."""
        a, y = self._checked(a, y)
        return self._gradient_of_a(a, y)

    def mean_gradient(self, a, y, n):
        """dL/da like `gradient`, but unchecked, and with the mean going over n rows."""
        return self._gradient_of_a(a, y) * (len(a) / n)

    def _checked(self, a, y):
        a = np.asarray(a)
        if a.dtype not in (np.float32, np.float64):
            a = a.astype(np.float64)
        if a.ndim != 2 or len(a) == 0:
            raise ValueError(f"a has shape {a.shape}, but outputs must have shape (n, units) with n at least 1.")
        return a, self.check_targets(y, len(a), a.shape[1], a.dtype)

    def check_targets(self, y, n, units, dtype=np.float32):
        """y as this loss needs it (labels as int64, numbers as `dtype`), for n rows of a network with `units` outputs.

        Raises ValueError with a sentence for a wrong shape, a label out of range, NaN, or a number out of range.
        """
        y = np.asarray(y)
        if self.targets == "labels":
            if y.shape != (n,) or y.dtype.kind not in "iu":
                raise ValueError(
                    f"y has shape {y.shape} and dtype {y.dtype}, but {self.name} takes one whole-number label a row: "
                    f"shape ({n},), integers."
                )
            if y.size and not (y.min() >= 0 and y.max() < units):
                wrong = y.min() if y.min() < 0 else y.max()
                raise ValueError(
                    f"y holds the label {wrong}, but a network with {units} outputs knows 0 to {units - 1}."
                )
            return y.astype(np.int64, copy=False)
        if y.dtype.kind not in "biuf":
            raise ValueError(f"y has dtype {y.dtype}, but {self.name} takes numbers.")
        if y.shape != (n, units):
            hint = ""
            if y.shape == (n,):
                hint = " (use y.reshape(-1, 1))" if units == 1 else " (use one_hot(y, classes) for labels)"
            raise ValueError(f"y has shape {y.shape}, but {self.name} takes shape ({n}, {units}){hint}.")
        y = y.astype(dtype, copy=False)
        if not np.isfinite(y).all():
            raise ValueError("y holds NaN or infinite values, but targets must be finite numbers.")
        if self.targets == "shares" and not (y.min() >= 0 and y.max() <= 1):
            raise ValueError(f"y holds values outside 0 to 1, but {self.name} takes targets from 0 to 1.")
        return y


# Cross-entropy of a softmax output -----------------------------------------------------------------------------------


def cross_entropy_of_a(a, y):
    """−log a_y, each row"""
    return -np.log(np.maximum(a[np.arange(len(a)), y], _TINY[a.dtype]))


def cross_entropy_gradient(a, y):
    """dL/da = −1 / (n a_y) at the label, 0 elsewhere"""
    rows = np.arange(len(a))
    da = np.zeros_like(a)
    da[rows, y] = -1.0 / (np.maximum(a[rows, y], _TINY[a.dtype]) * len(a))
    return da


def cross_entropy_rows(z, a, y):
    """−log a_y, each row; where an a_y is too small to tell, log Σ exp(z) − z_y with the row's largest z taken off"""
    rows = np.arange(len(a))
    chosen = a[rows, y]
    if chosen.min() >= _TINY[a.dtype]:
        return -np.log(chosen)
    shifted = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, y]


def cross_entropy_delta(z, a, y, activation, n):
    """dL/dz = (a − one-hot(y)) / n: the logarithm undoes softmax's exponentials"""
    dz = a.copy()
    dz[np.arange(len(a)), y] -= 1.0
    dz /= n
    return dz


# Binary cross-entropy of a sigmoid output ----------------------------------------------------------------------------


def binary_cross_entropy_of_a(a, y):
    """−(y log a + (1 − y) log(1 − a)), the mean of each row"""
    tiny = _TINY[a.dtype]
    return -(y * np.log(np.maximum(a, tiny)) + (1.0 - y) * np.log(np.maximum(1.0 - a, tiny))).mean(axis=1)


def binary_cross_entropy_gradient(a, y):
    """dL/da = (a − y) / (a (1 − a)), over the number of elements"""
    tiny = _TINY[a.dtype]
    return ((1.0 - y) / np.maximum(1.0 - a, tiny) - y / np.maximum(a, tiny)) / a.size


def binary_cross_entropy_rows(z, a, y):
    """max(z, 0) − y z + log(1 + exp(−|z|)), the mean of each row"""
    return (np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z)))).mean(axis=1)


def binary_cross_entropy_delta(z, a, y, activation, n):
    """dL/dz = (a − y), over the number of elements: the logarithm undoes the sigmoid"""
    return (a - y) / (n * a.shape[1])


# Mean squared error --------------------------------------------------------------------------------------------------


def mse_of_a(a, y):
    """(a − y)², the mean of each row"""
    d = a - y
    return (d * d).mean(axis=1)


def mse_gradient(a, y):
    """dL/da = 2 (a − y), over the number of elements"""
    return (a - y) * (2.0 / a.size)


def mse_rows(z, a, y):
    """(a − y)², the mean of each row"""
    return mse_of_a(a, y)


def mse_delta(z, a, y, activation, n):
    """dL/dz: dL/da through the output activation's derivative (for softmax its whole Jacobian)"""
    return activation.backward(z, a, (a - y) * (2.0 / (n * a.shape[1])))


# The table -----------------------------------------------------------------------------------------------------------

LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "cross_entropy",
            "−log a_y",
            "dz = a − one-hot(y)",
            "Bridle 1990; Bishop 2006, eqs. 4.108–4.109",
            "labels",
            ("softmax",),
            cross_entropy_rows,
            cross_entropy_delta,
            cross_entropy_of_a,
            cross_entropy_gradient,
        ),
        Loss(
            "binary_cross_entropy",
            "−(y log a + (1 − y) log(1 − a))",
            "dz = a − y",
            "Bishop 2006, eqs. 4.90–4.91",
            "shares",
            ("sigmoid",),
            binary_cross_entropy_rows,
            binary_cross_entropy_delta,
            binary_cross_entropy_of_a,
            binary_cross_entropy_gradient,
        ),
        Loss(
            "mse",
            "(a − y)²",
            "da = 2 (a − y)",
            "Rumelhart, Hinton & Williams 1986, eq. 3, as a mean",
            "numbers",
            tuple(ACTIVATIONS),
            mse_rows,
            mse_delta,
            mse_of_a,
            mse_gradient,
        ),
    )
}


def check_pair(loss, activation):
    """The Loss named `loss`, if it goes with an output layer of the activation named `activation`; else ValueError."""
    entry = choose(LOSSES, "loss", loss)
    if activation not in entry.outputs:
        others = [other.name for other in LOSSES.values() if activation in other.outputs]
        raise ValueError(
            f"The loss {loss} goes with a {' or '.join(entry.outputs)} output, not with {activation}; "
            f"for a {activation} output choose {' or '.join(others)}."
        )
    return entry


def one_hot(labels, classes, dtype=np.float32):
    """(n, classes) targets for labels (n,): 1 in the label's column, 0 elsewhere."""
    labels = LOSSES["cross_entropy"].check_targets(labels, len(labels), classes)
    targets = np.zeros((len(labels), classes), dtype)
    targets[np.arange(len(labels)), labels] = 1.0
    return targets
