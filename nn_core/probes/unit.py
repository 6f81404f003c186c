"""Probes of one unit: what it listens to, what it answers to which class, what excites it, and how its gradient went.

Which unit is looked at is the workbench's to say, where a subscription leaves it open: the pinned one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .columns import Column, columns_of
from .statistics import RANGES, Measurement, band, measured, measured_at
from .table import Argument, View, probe

#: Which unit: None is the one that is pinned. What does not exist stands for the last that does.
LAYER = Argument(None, 0, 1000)
UNIT = Argument(None, 0, 2**31 - 1)
#: How many rows that excite a unit most, and how many that excite it least, are shown.
EXAMPLES = 8


def _bounded(layers, layer: int | None, unit: int | None) -> tuple[int, int]:
    """A layer and a unit that exist. `layers` are the network's."""
    l = min(layer or 0, len(layers) - 1)
    return l, min(unit or 0, layers[l].fan_out - 1)


@probe("medium", 8000, layer=LAYER, unit=UNIT)
def unit(view: View, layer: int | None, unit: int | None) -> dict:
    """One unit at this update.

    weights: float32 (fan_in,); height, width: the form of the picture they make where they belong to pixels, else 0.
    bias: float32 (1,), nan where there is none. answers: float32 (n,), its activation on the sample rows; rows: int32
    (n,), their numbers among the held-out ones; labels: uint8 (n,), their classes, empty where there are none. range:
    float32 (2,), the ends of its activation's range, nan where it has none. felt: float32 (3,), the 10, 50 and 90 %
    point of |dL/dz| at it. state and reach: see statistics.Units.
    """
    m = measured(view)
    l, u = _bounded(m.network.layers, layer, unit)
    dense, units = m.network.layers[l], m.units[l]
    shape = view.dataset.image_shape if l == 0 and view.dataset.image_shape else (0, 0)
    labels = view.dataset.labels("heldout")[m.rows] if view.dataset.classes else np.zeros(0)
    result: dict[str, Any] = {
        "layer": l,
        "unit": u,
        "units": dense.fan_out,
        "layers": len(m.network.layers),
        "activation": dense.activation,
        "height": shape[0],
        "width": shape[1],
        "state": int(units.state[u]),
        "reach": float(units.reach[u]),
        "weights": np.ascontiguousarray(dense.W[:, u], np.float32),
        "bias": np.array([np.nan if dense.b is None else dense.b[u]], np.float32),
        "answers": np.ascontiguousarray(m.traces[l].a[:, u], np.float32),
        "rows": m.rows.astype(np.int32),
        "labels": labels.astype(np.uint8),
        "range": np.array(RANGES.get(dense.activation, (np.nan, np.nan)), np.float32),
        "felt": band(np.abs(m.grads[l].dz[:, u])),
    }
    return result


@probe("slow", 2 * EXAMPLES * 28 * 28 + 256, layer=LAYER, unit=UNIT)
def unit_examples(view: View, layer: int | None, unit: int | None) -> dict:
    """The sample rows that excite a unit most, strongest first, and then those that excite it least, weakest last.

    images: uint8 (count, height, width), for pictures; rows: int32 (count,); answers: float32 (count,); labels: uint8
    (count,), empty where there are no classes. most: how many of them are the most exciting ones.
    """
    m = measured(view)
    l, u = _bounded(m.network.layers, layer, unit)
    answers = m.traces[l].a[:, u]
    order = np.argsort(-answers, kind="stable")
    most = min(EXAMPLES, len(order) // 2)
    shown = np.concatenate([order[:most], order[len(order) - most :]])
    result: dict[str, Any] = {
        "layer": l,
        "unit": u,
        "most": most,
        "answers": answers[shown].astype(np.float32),
        "rows": m.rows[shown].astype(np.int32),
        "labels": (view.dataset.labels("heldout")[m.rows[shown]] if view.dataset.classes else np.zeros(0)).astype(
            np.uint8
        ),
    }
    if view.dataset.image_shape:
        shape = (len(shown), *view.dataset.image_shape)
        result["images"] = np.rint(255 * m.x[shown]).astype(np.uint8).reshape(shape)
    return result


@probe("medium", 14_000, incremental=True, layer=LAYER, unit=UNIT)
def unit_history(view: View, start: int, layer: int | None, unit: int | None) -> dict:
    """How a unit came to be as it is, one column a moment, in the order of measuring: step int32 (k,); felt float32
    (k, 3), the 10, 50 and 90 % point of |dL/dz| at it; answer float32 (k, 3), the same of its activation."""
    l, u = _bounded(view.network.layers, layer, unit)

    def column(m: Measurement) -> Column:
        return {"felt": band(np.abs(m.grads[l].dz[:, u])), "answer": band(m.traces[l].a[:, u])}

    return {
        "layer": l,
        "unit": u,
        **columns_of(
            view,
            ("unit", l, u),
            start,
            lambda: column(measured(view)),
            lambda step: column(measured_at(view, step)),
        ),
    }
