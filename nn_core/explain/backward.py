"""The chain rule for one parameter: the factors whose product is what one row adds to its gradient.

Every factor is read off the update as it ran, bugs included. Where a bug changed one, `right` says what it should be.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from ..terms import RIGHT
from .row import Chosen, Row

#: Two numbers this close are the same but for the rounding of float32.
ROUNDING = 1e-4


class Factor(NamedTuple):
    """One link of the chain.

    what says which derivative it is:
        "da" dL/da of the unit · "truth" dL/da of the true class · "dz" dL/dz where it is no single product ·
        "slope" da/dz · "answer" da of the true class/dz of the unit · "mask" dropout, or a unit's switch ·
        "norm" dL/du, what batch norm makes of dL/dz · "input" dz/dw · "one" dz/db · "bug" what a bug puts in its place.
    value: the number. right: what it should be where a bug changed it, else None. then: "×", or "→" where the number
    is no factor but replaces the product so far. parts: the products it is the sum of, None for a plain number.
    """

    what: str
    value: float
    right: float | None = None
    then: str = "×"
    parts: np.ndarray | None = None


def factors(row: Row, chosen: Chosen) -> list[Factor]:
    """The chain for a parameter, from the loss to it."""
    l, j = chosen.layer, chosen.j
    found = _output(row, j) if l == row.last else _hidden(row, l, j)
    if row.layers[l].norm is not None:
        found.append(Factor("norm", float(row.du[l][0, j]), then="→"))
    return found + _last(row, chosen)


def product(found: list[Factor]) -> float:
    """What the factors come to."""
    total = 1.0
    for factor in found:
        total = factor.value if factor.then == "→" else total * factor.value
    return total


def digits(found: list[Factor], result: float, shown: int = 3) -> int:
    """To how many significant digits the factors must be shown so that their product, worked out by hand, comes to
    `result` as shown with `shown` digits; at most 8."""
    for places in range(shown, 8):
        worked_out = product([factor._replace(value=rounded(factor.value, places)) for factor in found])
        if rounded(worked_out, shown) == rounded(result, shown):
            return places
    return 8


def rounded(value: float, places: int) -> float:
    """`value` to so many significant digits."""
    return float(f"{value:.{places - 1}e}")


def _output(row: Row, j: int) -> list[Factor]:
    """The output layer: from the loss to the unit's z."""
    z, a, y, n = row.traces[-1].z, row.traces[-1].a, row.y, row.n
    activation, bugs = row.activation(row.last), row.touched(row.last, "output_delta")
    dz = float(row.dz[-1][0, j])
    right = float(RIGHT.output_delta(z, a, y, row.loss, activation, n)[0, j])
    da = row.da[-1][0].astype(np.float64)
    beliefs = a[0].astype(np.float64)
    own_slope = float(activation.derivative(z, a)[0, j])
    if activation.name != "softmax":
        pair = _pair("da", "slope", float(da[j]), own_slope, dz, right, bool(bugs))
    elif row.loss.targets == "labels":
        label = int(y[0])
        slope = beliefs[label] * ((j == label) - beliefs[j])
        pair = _pair("truth", "answer", float(da[label]), float(slope), dz, right, bool(bugs))
    else:
        pair = None
    if pair is not None:
        return pair
    parts = da * beliefs * ((np.arange(len(da)) == j) - beliefs[j]) if activation.name == "softmax" else None
    return [Factor("dz", dz, right if bugs and not _same(dz, right) else None, parts=parts)]


def _pair(first: str, second: str, one: float, other: float, dz: float, right: float, bug: bool) -> list[Factor] | None:
    """Two factors for an output delta, or None where its two factors do not come to it (rounding has eaten one)."""
    if not (np.isfinite(one) and _same(one * other, right)):
        return None
    if not bug or _same(dz, right):
        return [Factor(first, one), Factor(second, other)]
    return [Factor(first, one), Factor(second, dz / one, right=other)] if one else None


def _hidden(row: Row, l: int, j: int) -> list[Factor]:
    """A hidden layer: how the loss leans on what the unit puts out, and how steep its activation is."""
    traces, grads, *_ = row.piece
    above = row.du[l + 1][0]
    whole = grads[l + 1].dz if grads[l + 1].dnorm is None else grads[l + 1].dnorm.dlinear
    W = row.weights(l + 1)
    used = _weights_used(row, l + 1, traces[l + 1].x, whole, W)[j]
    parts = above.astype(np.float64) * used
    value, right = float(row.da[l][0, j]), float(above.astype(np.float64) @ W[j])
    wrong = bool(row.touched(l + 1, "dx")) and not _same(value, right)
    found = [Factor("da", value, right if wrong else None, parts=parts)]
    layer, (_, z, a, extras) = row.layers[l], row.traces[l]
    if (extras is not None and extras.mask is not None) or layer.units_on is not None:
        mask = 1.0 if extras is None or extras.mask is None else float(extras.mask[0, j])
        found.append(Factor("mask", mask * (1.0 if layer.units_on is None else float(layer.units_on[j]))))
    active = a if extras is None else extras.active
    activation, ones = row.activation(l), np.ones_like(z)
    slope = float(row.terms[l].activation_derivative(z, active, ones, activation)[0, j])
    should = float(RIGHT.activation_derivative(z, active, ones, activation)[0, j])
    found.append(Factor("slope", slope, None if _same(slope, should) else should))
    return found


def _weights_used(row: Row, l: int, x: np.ndarray, dz: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The weights that layer l's deltas met on their way back: a bug may hand others to the right line."""
    met = [W]

    def right(x, dz, W):
        met.append(W)
        return RIGHT.dx(x, dz, W)

    for bug in row.touched(l, "dx"):
        right = partial(bug.wrong_term, right)
    right(x, dz, W)
    return met[-1]


def _last(row: Row, chosen: Chosen) -> list[Factor]:
    """From the unit's sum to the parameter: the input that the weight listens to, or 1 for a bias."""
    l, du = chosen.layer, float(row.du[chosen.layer][0, chosen.j])
    bias = chosen.array == "b"
    should = 1.0 if bias else float(row.traces[l].x[0, chosen.i])
    link = Factor("one" if bias else "input", should)
    share = row.share(chosen) if row.touched(l, "db" if bias else "dW") else du * should
    if _same(share, du * should):
        return [link]
    if bias:
        return [link, Factor("bug", share, right=du, then="→")]
    return [link._replace(value=share / du, right=should)]


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))
