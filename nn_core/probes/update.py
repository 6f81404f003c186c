"""Probes of one update, of any step of a run: everything that the page "One update, every number" shows of it.

An update stands still however the run goes on, so what is dear to find (the row, the effect, the check) is kept as long
as the run keeps the Step itself. Structured numbers travel as one JSON text, long rows of numbers as arrays.
"""

from __future__ import annotations

import json
import math
import time

import numpy as np

from ..evaluation import answers, targets_for
from ..explain import (
    Chosen,
    Nudging,
    Row,
    curve,
    descent,
    digits,
    effect,
    excerpts,
    factors,
    path,
    product,
    ripple,
    steepest,
    sums,
)
from ..steps import Step
from .table import SAMPLE, Argument, View, probe

#: Longest piece of the check of all numbers that one frame waits for, in seconds.
SLICE = 0.002
#: The sorted gradients of a layer travel as so many quantiles.
QUANTILES = 49

UPDATE = Argument(-1, 0, 10**12)
PLACE = Argument(-1, 0, 2**31 - 1)
CHOSEN = {
    "step": UPDATE,
    "row": SAMPLE,
    "layer": Argument(-1, 0, 1000),
    "array": Argument("W", choices=("W", "b")),
    "i": PLACE,
    "j": PLACE,
}


def _once(step: Step, key, make):
    """What `make()` gives, made once for as long as the run keeps this Step."""
    kept = vars(step).setdefault("explained", {})
    if key not in kept:
        kept[key] = make()
    return kept[key]


def _row(view: View, step: int, row: int) -> Row:
    """A row of an update; by default of the newest one made. ValueError where training broke at it."""
    try:
        found = view.step_at(max(0, view.step - 1) if step < 0 else step)
    except FloatingPointError as broken:
        raise ValueError(str(broken)) from None
    return _once(found, ("row", row), lambda: Row(found, min(row, len(found.rows) - 1)))


def _chosen(row: Row, layer: int, array: str, i: int, j: int) -> Chosen:
    """The parameter asked for; what was left open, or is not there, is chosen so that it matters."""
    layer = layer if 0 <= layer <= row.last else None
    if layer is None:
        i = j = -1
    shape = row.layers[steepest(row, layer).layer]
    best = steepest(row, layer, j if 0 <= j < shape.fan_out else None)
    if array == "b" and shape.b is None:
        array = "W"
    return row.check(Chosen(best.layer, array, i if 0 <= i < shape.fan_in else best.i, best.j))


@probe("slow", 24_000, **CHOSEN)
def step(view: View, step: int, row: int, layer: int, array: str, i: int, j: int) -> dict:
    """One update, one row of its batch, one parameter: forward, loss, backward and the optimizer's step in numbers.

    about: JSON, see `_about`, with the arguments under "asked". For layer l: a{l}, dz{l} float32 (fan_out,). x float32
    (inputs,), image uint8 (height, width) for images. outputs, after: float32 (fan_out,), the row's outputs before the
    update and as a prediction after it. parts: products that the first factor is the sum of. curve_z{l}, curve_a{l}:
    the activation around z. gradients: quantiles of the parameter array's gradient. shares: what each row of the batch
    (at most 1,024 of them) adds to it.
    """
    seen = _row(view, step, row)
    chosen = _chosen(seen, layer, array, i, j)
    chain = factors(seen, chosen)
    asked = {"step": step, "row": row, "layer": layer, "array": array, "i": i, "j": j}
    result = {"about": _json({"asked": asked, **_about(view, seen, chosen, chain)})}
    for l, trace in enumerate(seen.traces):
        result[f"a{l}"], result[f"dz{l}"] = _single(trace.a[0]), _single(seen.dz[l][0])
    result["x"] = _single(seen.traces[0].x[0])
    if view.dataset.image_shape:
        result["image"] = view.dataset.image("train", int(seen.step.rows[seen.k]))
    result["outputs"] = _single(seen.traces[-1].a[0])
    result["after"] = _single(seen.step.after(seen.traces[0].x)[0])
    if chain[0].parts is not None:
        result["parts"] = _single(chain[0].parts)
    for l, unit in enumerate(path(seen, chosen)):
        drawn = curve(seen, l, unit)
        if drawn is not None:
            result[f"curve_z{l}"], result[f"curve_a{l}"] = map(_single, drawn)
    result["gradients"] = _single(_quantiles(_gradient(seen, chosen)))
    result["shares"] = _single(_shares(seen, chosen))
    return result


@probe("slow", 4 * 200 + 2 * 200 + 8 * 9 + 64, step=UPDATE, row=SAMPLE)
def step_effect(view: View, step: int, row: int) -> dict:
    """What an update did. promised, before, after: of its batch's loss (measured on `rows` of its rows), layers:
    float32 (layers,), the promise by layer; along float64 (9,), the loss on the straight way from the old parameters to
    the new ones; change float32 (k,), label int16 (k,): of 200 unseen rows' losses, by class
    and then by change (label -1 where there are no classes). helped, hurt: how many of them."""
    seen = _row(view, step, row)
    found = _once(seen.step, "effect", lambda: effect(seen))
    waves = _once(seen.step, "ripple", lambda: _ripple(view, seen))
    return {
        "update": seen.step.index,
        "promised": found.promised,
        "before": found.before,
        "after": found.after,
        "rows": found.rows,
        "layers": _single(found.shares),
        "along": found.along,
        "change": _single(waves.change),
        "label": waves.label.astype(np.int16),
        "helped": int((waves.change < 0).sum()),
        "hurt": int((waves.change > 0).sum()),
    }


@probe("slow", 64, **CHOSEN)
def step_nudge(view: View, step: int, row: int, layer: int, array: str, i: int, j: int) -> dict:
    """The gradient check of one parameter in float64, on `rows` of the batch: what backward says and what nudging by
    `h` measures, with the relative error and the largest one that still counts as agreement."""
    seen = _row(view, step, row)
    chosen = _chosen(seen, layer, array, i, j)
    nudging = _nudging(seen)
    analytic, numeric = nudging.analytic(chosen), nudging.numeric(chosen)
    error = nudging.error(analytic, numeric)
    numbers = {"analytic": repr(analytic), "numeric": repr(numeric), "error": error, "rows": nudging.rows}
    return {**numbers, "limit": nudging.limit, "of": _json([seen.step.index, *chosen])}


@probe("slow", 8_000, incremental=True, step=UPDATE)
def step_check(view: View, start: int, step: int) -> dict:
    """The gradient check of every number, from piece `start` on, for some milliseconds.

    place int16, count int32, difference, analytic, numeric float64 (k,): a piece's parameter array, how many numbers,
    and the sums of their squares. names: JSON [[layer, array, numbers checked, numbers there are], ...].
    """
    begin = time.perf_counter()
    seen = _row(view, step, 0)
    nudging = _nudging(seen)
    done = []
    while start + len(done) < len(nudging.pieces) and (not done or time.perf_counter() - begin < SLICE):
        done.append(nudging.check(start + len(done)))
    result: dict = {"start": start, "total": len(nudging.pieces)}
    for name, kind in zip(done[0]._fields if done else (), (np.int16, np.int32, *[np.float64] * 3), strict=False):
        result[name] = np.array([getattr(piece, name) for piece in done], kind)
    if not done:
        result["place"] = np.zeros(0, np.int16)
    names = [[l, name, checked, _size(seen, l, name)] for l, name, checked in nudging.names]
    about = {"update": seen.step.index, "names": _json(names), "limit": nudging.limit, "noise": nudging.noise}
    return {**result, **about, "rows": nudging.rows}


@probe("slow", 64, step=UPDATE, label=Argument(-1, 0, 10**6), later=Argument("no", choices=("yes", "no")))
def step_find(view: View, step: int, label: int, later: str) -> dict:
    """Where an example of class `label` was learned from: in this update's own batch, or else, where examples come one
    at a time, in the nearest earlier (or later) update of the same pass over the data. found: the update, or -1; row:
    in its batch; label: the class asked for, -1 for none."""
    nothing = {"found": -1, "row": 0, "label": label, "step": step}
    if label < 0 or not view.dataset.classes:
        return nothing
    seen = _row(view, step, 0).step
    labels = view.dataset.labels("train")
    here = np.flatnonzero(labels[seen.rows] == label)
    if len(seen.rows) > 1:
        return {**nothing, "found": seen.index, "row": int(here[0])} if len(here) else nothing
    order = view.order(seen.epoch)
    place = int(np.flatnonzero(order == seen.rows[0])[0])
    there = np.flatnonzero(labels[order] == label) - place
    there = np.sort(there[there > 0]) if later == "yes" else np.sort(there[there < 0])[::-1]
    for away in there[:8].tolist():
        index = seen.index + away
        if not 0 <= index <= view.head:
            break
        if labels[view.step_at(index).rows[0]] == label:  # not so where the batch size has changed in between
            return {**nothing, "found": index}
    return nothing


@probe("slow", 12_000, **CHOSEN)
def step_code(view: View, step: int, row: int, layer: int, array: str, i: int, j: int) -> dict:
    """The core's own lines for a parameter. text: JSON, a list of {stage, name, file, lines, marks, bug}."""
    seen = _row(view, step, row)
    found = excerpts(seen, _chosen(seen, layer, array, i, j))
    return {"text": _json([excerpt._asdict() for excerpt in found])}


def _about(view: View, row: Row, chosen: Chosen, chain: list) -> dict:
    """Everything about the parameter that is not a long row of numbers.

    update, epoch, row, n, train_row: which. label, guess: classes, or None. target: what the outputs aim at, where
    that is not a class. loss: of the batch; row_loss: of the row. layers: what each is like. path: a Sum of each
    layer. factors: the chain; share: what they come to, gradient: the batch's; rank: how many numbers of the array
    have a steeper gradient. equations: the descent. bugs: those in force. digits: see `explain.digits`.
    """
    step, rules = row.step, row.rules
    outputs = row.traces[-1].a
    classes = len(view.dataset.classes)
    train_row = int(step.rows[row.k])
    label = int(view.dataset.labels("train")[train_row]) if classes else None
    share = row.share(chosen)
    gradient = row.gradient(chosen)
    array = _gradient(row, chosen)
    return {
        "update": step.index,
        "epoch": step.epoch,
        "row": row.k,
        "n": row.n,
        "train_row": train_row,
        "label": label,
        "guess": int(answers(outputs, row.activation(row.last).name)[0]) if classes else None,
        "target": np.asarray(row.y[0], np.float64).reshape(-1).tolist() if row.loss.targets != "labels" else None,
        "loss_name": rules.loss,
        "loss_gradient": row.loss.gradient_formula,
        "loss": step.loss,
        "row_loss": row.row_loss,
        "optimizer": rules.optimizer.name,
        "learning_rate": step.learning_rate,
        "penalties": {"l1": rules.l1, "l2": rules.l2},
        "bugs": [{"name": bug.name, "title": bug.title, "right": bug.right, "wrong": bug.wrong} for bug in row.bugs],
        "chosen": chosen._asdict(),
        "layers": [
            {
                "derivative": row.activation(l).derivative_formula,
                "formula": row.activation(l).formula,
                "fan_in": layer.fan_in,
                "fan_out": layer.fan_out,
                "activation": layer.activation,
                "bias": layer.b is not None,
                "norm": layer.norm is not None,
            }
            for l, layer in enumerate(row.layers)
        ],
        "path": [one._asdict() for one in sums(row, chosen)],
        "factors": [{**one._asdict(), "parts": None} for one in chain],
        "digits": digits(chain, share),
        "product": product(chain),
        "share": share,
        "gradient": gradient,
        "rank": int((np.abs(array) > abs(gradient)).sum()),
        "size": int(array.size),
        "equations": [line._asdict() for line in descent(row, chosen)],
    }


def _gradient(row: Row, chosen: Chosen) -> np.ndarray:
    return row.step.gradient(chosen.layer, chosen.array)


def _shares(row: Row, chosen: Chosen) -> np.ndarray:
    """What each row of the piece adds to the parameter's gradient, where no bug sits in the last link."""
    traces, grads, *_ = row.piece
    grad = grads[chosen.layer]
    du = grad.dz if grad.dnorm is None else grad.dnorm.dlinear
    x = 1.0 if chosen.array == "b" else traces[chosen.layer].x[:, chosen.i]
    return du[:, chosen.j] * x


def _quantiles(array: np.ndarray) -> np.ndarray:
    return np.quantile(array, np.linspace(0, 1, QUANTILES)) if np.isfinite(array).all() else np.zeros(QUANTILES)


def _ripple(view: View, row: Row):
    return ripple(row.step, row.rules.loss, view.dataset, targets_for(view.config, view.dataset, "heldout"))


def _nudging(row: Row) -> Nudging:
    return _once(row.step, "nudging", lambda: Nudging(row))


def _size(row: Row, l: int, name: str) -> int:
    layer = row.layers[l]
    return layer.fan_in * layer.fan_out if name == "W" else layer.fan_out


def _single(values) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32)


def _json(value) -> str:
    """JSON that a browser reads: numbers that are not finite become null."""
    return json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
