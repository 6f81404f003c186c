"""Probes of all layers at once: what flows forward, what flows back, how fast each layer changes, which units work."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..recent import Moves
from .columns import Column, columns_of
from .statistics import Measurement, band, measured, measured_at, spread
from .table import Argument, View, probe

#: The distributions that can be looked at: activations, weighted sums, weights, gradients dL/dz, and the last update.
QUANTITIES = ("a", "z", "W", "dz", "update")
#: Points of a distribution now, and in a column of its history.
NOW, THEN = 129, 33

QUANTITY = Argument("a", choices=QUANTITIES)


@probe("medium", 24_000, quantity=QUANTITY)
def layers(view: View, quantity: str) -> dict:
    """Every layer at this update, over up to 256 held-out rows (see statistics.py for each definition).

    points: float32 (layers, 129), values that cut the distribution of `quantity` into equal shares, smallest first.
    felt: float32 (layers, 3), the 10, 50 and 90 % point of |dL/dz| over the rows. ratio: float32 (layers, 3), the same
    of update to weight, |W after - W before| / |W|, over the last 10 updates before step `ratio_step`; nan before there
    are any. gradient: float32 (layers,), |dL/dW| of the mean loss. moments: float32 (layers, 4), mean and spread of z,
    mean and spread of a. saturated: float32 (layers,), share of answers where the slope is nearly gone; nan for
    softmax. reach: uint8, the units' reach from 0 to 255, and state: uint8, what each is doing, all layers in a row;
    widths: int32 (layers,). rows: how many held-out rows it is over. output: the last layer's activation.
    """
    m = measured(view)
    moves = view.recent(whole=quantity == "update")
    count = len(m.network.layers)
    ratio = np.full((count, 3), np.nan, np.float32) if moves is None else band(moves.ratios.T)
    return {
        "points": _points(view, m, quantity, NOW),
        "felt": band(m.felt),
        "ratio": ratio,
        "ratio_step": -1 if moves is None else moves.step,
        "gradient": m.weight_gradients.astype(np.float32),
        "moments": m.moments.astype(np.float32),
        "saturated": np.array([units.saturated for units in m.units], np.float32),
        "reach": np.concatenate([np.rint(255 * units.reach).astype(np.uint8) for units in m.units]),
        "state": np.concatenate([units.state for units in m.units]),
        "widths": np.array([layer.fan_out for layer in m.network.layers], np.int32),
        "rows": len(m.rows),
        "quantity": quantity,
        "activations": ",".join(layer.activation for layer in m.network.layers),
    }


@probe("medium", 14_000, incremental=True, quantity=QUANTITY)
def layers_history(view: View, start: int, quantity: str) -> dict:
    """How the layers came to be as they are, one column a moment, in the order of measuring: step int32 (k,), points
    float32 (k, layers * 33) of the distribution of `quantity`, felt float32 (k, layers), the medians of |dL/dz|.

    Past updates that nobody watched have to be repeated to be known, which waits until the run stands still.
    """
    if quantity == "update":
        return {"quantity": quantity, **_update_columns(view, start)}

    def column(m: Measurement) -> Column:
        return {"points": _points(view, m, quantity, THEN).reshape(-1), "felt": band(m.felt)[:, 1]}

    columns = columns_of(
        view,
        ("layers", quantity),
        start,
        lambda: column(measured(view)),
        lambda step: column(measured_at(view, step)),
    )
    return {"quantity": quantity, **columns}


def _update_columns(view: View, start: int) -> dict[str, Any]:
    moves = view.recent(whole=True)
    known = moves is not None and moves.last is not None

    def now() -> Column:
        points = _update_points(len(moves.last), moves, THEN).reshape(-1)
        felt = (
            band(measured(view).felt)[:, 1] if moves.step == view.step else np.full(len(moves.last), np.nan, np.float32)
        )
        return {"points": points, "felt": felt}

    def then(step: int) -> Column:
        felt = band(measured_at(view, step).felt)[:, 1]
        return {"points": _update_points(len(felt), view.recent_at(step), THEN).reshape(-1), "felt": felt}

    here = moves.step if known else None
    return columns_of(view, ("layers", "update"), start, now, then if view.still else None, here)


def _points(view: View, m: Measurement, quantity: str, points: int) -> np.ndarray:
    """float32 (layers, points); nan where there is nothing to be distributed yet."""
    count = len(m.network.layers)
    if quantity == "update":
        return _update_points(count, view.recent(whole=True), points)
    return np.array([spread(m.values(quantity, l), points) for l in range(count)])


def _update_points(count: int, moves: Moves | None, points: int) -> np.ndarray:
    if moves is None or moves.last is None:
        return np.full((count, points), np.nan, np.float32)
    return np.array([spread(update, points) for update in moves.last])
