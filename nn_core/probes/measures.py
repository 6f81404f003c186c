"""Probes that answer questions about a whole run by a number or two: how good it is, how far it has moved, whether its
gradients are right, which units are stuck, and whom an update helps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..evaluation import answers, predict, targets_for
from ..gradcheck import check_gradients
from ..losses import LOSSES
from ..playback import build_network
from .plane import SMALL, on_plane
from .table import Argument, View, probe

#: Held-out rows that measures of units and updates look at.
STUCK_ROWS, HELPED_ROWS = 256, 200

#: A unit is stuck where its slope stays below this on so large a share of the rows (our choice).
STUCK_SLOPE, STUCK_SHARE = 0.01, 0.95

#: Two units differ where their answers on the plane do by more than this somewhere; beneath it a unit is blank.
DIFFERENT = 0.02

#: Rows and numbers an array of a gradient check as a measure.
CHECKED_ROWS, CHECKED_NUMBERS = 4, 32


@probe("slow", 64)
def scores(view: View) -> dict:
    """Right answers as shares: `heldout` of all held-out rows, `train` of the first 1,000 training rows. nan without
    classes."""
    data = view.dataset
    if not data.classes:
        return {"heldout": math.nan, "train": math.nan}
    right = 0
    activation = view.network.layers[-1].activation
    rows = min(1000, data.n_train)
    for piece, _, a in predict(view.network, data, "train", rows):
        right += int((answers(a, activation) == data.labels("train")[piece]).sum())
    heldout = float((view.heldout[1] == data.labels("heldout")).mean()) if data.n_heldout else math.nan
    return {"heldout": heldout, "train": right / rows}


@probe("medium", 64)
def line(view: View) -> dict:
    """The straight line at which a single unit on the plane changes its mind: w1 x1 + w2 x2 + b = 0.

    `angle` in degrees from 0 to 180, `distance` from the middle along (sin angle, -cos angle), and `band`, the width of
    the strip in which a sigmoid's belief lies between 25 and 75 %. All nan where there is no such line.
    """
    layer = view.network.layers[0]
    if len(view.network.layers) != 1 or layer.W.shape != (2, 1) or view.dataset.features is None:
        return {"angle": math.nan, "distance": math.nan, "band": math.nan}
    w1, w2 = (float(value) for value in layer.W[:, 0])
    size, b = math.hypot(w1, w2), 0.0 if layer.b is None else float(layer.b[0])
    if size == 0:
        return {"angle": math.nan, "distance": math.nan, "band": math.nan}
    angle = math.degrees(math.atan2(w1, -w2))
    return {
        "angle": angle % 180,
        "distance": -b / size if 0 <= angle < 180 else b / size,
        "band": 2 * math.log(3) / size,
    }


@probe("medium", 64)
def different(view: View) -> dict:
    """How many different pictures the first hidden layer's units make of the plane, blank ones not counted: `pictures`
    of `units`; `blank` answer 0 everywhere."""
    layers = on_plane(view, SMALL)[:-1]
    if not layers:
        return {"pictures": 0, "blank": 0, "units": 0}
    seen: list[np.ndarray] = []
    blank = 0
    for answer in layers[0].a.T:
        if np.abs(answer).max() <= DIFFERENT:
            blank += 1
        elif all(np.abs(answer - other).max() > DIFFERENT for other in seen):
            seen.append(answer)
    return {"pictures": len(seen), "blank": blank, "units": layers[0].a.shape[1]}


@probe("slow", 64)
def moved(view: View) -> dict:
    """How far learning has come from where it began: `share`, the weights' way as a share of their size at the start;
    and how many numbers differ from it: `hidden_weights`, `hidden_biases`, `output_weights`, `output_biases`."""
    start = build_network(view.config)
    way = size = 0.0
    counts = {f"{where}_{what}": 0 for where in ("hidden", "output") for what in ("weights", "biases")}
    last = len(start.layers) - 1
    for l, (old, new) in enumerate(zip(start.layers, view.network.layers, strict=True)):
        where = "output" if l == last else "hidden"
        way += float(((new.W - old.W).astype(np.float64) ** 2).sum())
        size += float((old.W.astype(np.float64) ** 2).sum())
        counts[f"{where}_weights"] += int((new.W != old.W).sum())
        if new.b is not None:
            counts[f"{where}_biases"] += int((new.b != old.b).sum())
    return {"share": math.sqrt(way / size) if size else math.nan, **counts}


@probe("slow", 64)
def stuck(view: View) -> dict:
    """Units of the last hidden layer that hardly react any more: `stuck` of `units`.

    A unit is stuck where the slope of its activation is below 0.01 on at least 95 % of 256 held-out rows.
    """
    layers = view.network.layers
    if len(layers) < 2 or not view.dataset.n_heldout:
        return {"stuck": 0, "units": 0}
    rows = np.arange(min(STUCK_ROWS, view.dataset.n_heldout))
    x = view.dataset.take("heldout", rows).astype(view.network.dtype, copy=False)
    trace = view.network._forward(x)[len(layers) - 2]
    flat = np.abs(layers[-2]._activation.derivative(trace.z, trace.a)) < STUCK_SLOPE
    return {"stuck": int((flat.mean(axis=0) >= STUCK_SHARE).sum()), "units": trace.a.shape[1]}


@probe("slow", 4 * (HELPED_ROWS + 64) + HELPED_ROWS + 28 * 28, updates=Argument(1, 1, 64))
def helped(view: View, updates: int) -> dict:
    """Whom each of the next `updates` updates helps, among the first 200 held-out rows, which it did not learn from.

    helped int32 (updates,): rows whose loss falls. raised: how many updates raise the mean loss over the rows. mean:
    rows helped by an update on average. change float32 (200,): what the first one does to each row's loss; labels uint8
    (200,). taught: the label of the row that it learned from (the first of its batch); image uint8 (h, w): that row.
    """
    data = view.dataset
    rows = np.arange(min(HELPED_ROWS, data.n_heldout))
    x = data.take("heldout", rows).astype(view.network.dtype, copy=False)
    y = targets_for(view.config, data, "heldout")[rows]
    loss = LOSSES[view.config.loss]
    run = view._run.fork(view.step)
    first = run.step_at(run.step)
    before = view.network._row_losses(view.network._forward(x), y, loss)
    counts, changes, raised = [], [], 0
    for _ in range(updates):
        if not run.advance(steps=1):
            break
        now = run.network
        after = now._row_losses(now._forward(x), y, loss)
        counts.append(int((after < before).sum()))
        raised += bool(after.mean() > before.mean())
        changes.append(after - before)
        before = after
    taught = int(first.rows[0])
    result: dict[str, Any] = {
        "helped": np.array(counts, np.int32),
        "raised": raised,
        "mean": float(np.mean(counts)) if counts else math.nan,
        "change": np.ascontiguousarray(changes[0] if changes else np.zeros(len(rows)), np.float32),
        "rows": len(rows),
    }
    if data.classes:
        result["labels"] = data.labels("heldout")[rows].astype(np.uint8)
        result["taught"] = int(data.labels("train")[taught])
    if data.image_shape:
        result["image"] = data.image("train", taught)
    return result


@probe("slow", 64)
def gradient_error(view: View) -> dict:
    """The gradient check as one number: the worst relative `error` of any array, on the first four training rows and 32
    numbers an array; `agrees` is 1 where it passes."""
    rows = np.arange(min(CHECKED_ROWS, view.dataset.n_train))
    x = view.dataset.take("train", rows)
    y = targets_for(view.config, view.dataset, "train")[rows]
    report = check_gradients(
        view.network, x, y, view.config.loss, bug=tuple(view.settings["bug"]), sample=CHECKED_NUMBERS
    )
    return {"error": float(report.worst.relative_error), "agrees": int(report.ok)}
