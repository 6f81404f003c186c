"""The forward pass of one row, layer by layer: in each layer one unit's weighted sum as its actual products.

The units lie on the chosen parameter's path: the unit it belongs to, before it what feeds that most, and behind it what
passes the loss's lean on most.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .row import Chosen, Row

#: So many products are shown by themselves; the rest is folded into one number.
TOP = 5
CURVE_POINTS = 65


class Sum(NamedTuple):
    """One unit's weighted sum in one layer: z = the top products + rest + b, then a = f(z).

    inputs, x, w: the numbers of the TOP inputs whose products are largest, what they send, and the weights (an input
    that the chosen weight listens to is always among them). rest: the sum of the other `others` products. u: the sum
    before batch norm, None without it. factor: what dropout or a switched-off unit multiplies a by, None without.
    """

    unit: int
    inputs: list[int]
    x: list[float]
    w: list[float]
    rest: float
    others: int
    b: float | None
    u: float | None
    z: float
    active: float
    factor: float | None
    a: float


def path(row: Row, chosen: Chosen) -> list[int]:
    """For each layer the unit that the lesson follows."""
    units = [0] * (row.last + 1)
    units[chosen.layer] = chosen.j
    source = chosen.i
    for l in range(chosen.layer, 0, -1):
        if l < chosen.layer or source < 0:
            source = int(np.abs(row.traces[l].x[0] * row.weights(l)[:, units[l]]).argmax())
        units[l - 1] = source
    for l in range(chosen.layer + 1, row.last + 1):
        units[l] = int(np.abs(row.weights(l)[units[l - 1]] * row.du[l][0]).argmax())
    return units


def sums(row: Row, chosen: Chosen) -> list[Sum]:
    """One Sum a layer, along the path."""
    return [_sum(row, l, unit, chosen) for l, unit in enumerate(path(row, chosen))]


def _sum(row: Row, l: int, unit: int, chosen: Chosen) -> Sum:
    layer, trace = row.layers[l], row.traces[l]
    x, w = trace.x[0], row.weights(l)[:, unit]
    products = x.astype(np.float64) * w
    top = np.argsort(-np.abs(products), kind="stable")[:TOP]
    if l == chosen.layer and chosen.i >= 0 and chosen.i not in top:
        top[-1] = chosen.i
    extras = trace.extras
    u = None if extras is None or extras.linear is None else float(extras.linear[0, unit])
    b = None if layer.b is None else float(layer.b[unit])
    z = float(trace.z[0, unit])
    active = float(trace.a[0, unit] if extras is None else extras.active[0, unit])
    factor = None if extras is None or extras.mask is None else float(extras.mask[0, unit])
    if layer.units_on is not None:
        factor = (1.0 if factor is None else factor) * float(layer.units_on[unit])
        if extras is None:
            active = float(row.activation(l).value(trace.z)[0, unit])
    whole = (z if u is None else u) - (b or 0.0)
    others = np.delete(products, top)
    return Sum(
        unit, top.tolist(), x[top].tolist(), w[top].tolist(), float(whole - products[top].sum()),
        int(np.count_nonzero(others)), b, u, z, active, factor, float(trace.a[0, unit]),
    )  # fmt: skip


def curve(row: Row, layer: int, unit: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The layer's activation around the unit's z: z and a, (CURVE_POINTS,); None for softmax, which is no curve."""
    activation = row.activation(layer)
    if activation.name == "softmax":
        return None
    z = float(row.traces[layer].z[0, unit])
    reach = max(4.0, 1.25 * abs(z)) if np.isfinite(z) else 4.0
    grid = np.linspace(-reach, reach, CURVE_POINTS)
    return grid, activation.value(grid)
