"""Probes of networks on the plane: what every neuron answers at every place, the dots, and which of them are wrong.

Pictures of the plane are bytes, row by row from the upper left corner (x1 = -6, x2 = +6). Where networks learn from
something else than points, these probes give empty arrays.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..bugs import terms_with
from ..datasets.plane import EXTENT, FEATURES, features_of
from ..evaluation import answers, targets_for
from ..losses import LOSSES
from ..records import Trace
from .table import Argument, View, probe, step_up

#: Pixels along a side: of a neuron's field, of the output's, and of the output's among many runs.
SMALL, LARGE, BESIDE = 16, 64, 32

#: Dots a piece.
DOTS = 800

#: Neurons a frame: with them, 8 layers of 8 take 7 KB a frame on average.
FIELDS = 7

#: Activations whose answers stay within -1 and 1; the fields of the others have a scale of their own.
_BOUNDED = ("tanh", "sigmoid", "softmax")

LAYER = Argument(0, 0, 1000)
UNIT = Argument(0, 0, 10**6)


@lru_cache(maxsize=16)
def _grid(side: int) -> np.ndarray:
    """Coordinates of a picture's pixels, (side * side, 2)."""
    places = (np.arange(side) + 0.5) / side * 2 * EXTENT - EXTENT
    return np.stack([np.tile(places, side), np.repeat(-places, side)], axis=1)


@lru_cache(maxsize=32)
def _inputs(side: int, names: tuple[str, ...], dtype: str) -> np.ndarray:
    return features_of(names)(_grid(side)).astype(dtype, copy=False)


def on_plane(view: View, side: int) -> tuple[Trace, ...]:
    """The forward pass of a grid of side * side places, one Trace a layer; () away from the plane."""
    if view.dataset.features is None:
        return ()
    kept = view.kept
    if side not in kept:
        kept[side] = view.network._forward(_inputs(side, view.dataset.feature_names, str(view.network.dtype)))
    return kept[side]


def signed_bytes(values: np.ndarray, scale: float) -> np.ndarray:
    """-scale..scale as bytes, 128 for zero: 128 + 127 * value / scale."""
    return np.clip(np.rint(values * (127.0 / scale) + 128.0), 1, 255).astype(np.uint8)


def rooted_bytes(values: np.ndarray, scale: float) -> np.ndarray:
    """-scale..scale as bytes, finest around zero: 128 + 127 * sign * sqrt(|value| / scale)."""
    share = np.minimum(np.abs(values) / scale, 1.0)
    return np.rint(128.0 + 127.0 * np.sign(values) * np.sqrt(share)).astype(np.uint8)


def _scale(activation: str, a: np.ndarray) -> float:
    """What a layer's strongest colour stands for."""
    if activation in _BOUNDED:
        return 1.0
    largest = float(np.abs(a).max(initial=0.0))
    return max(1.0, step_up(largest)) if np.isfinite(largest) else 1.0


# -- fields ------------------------------------------------------------------------------------------------------------


@probe("slow", len(FEATURES) * SMALL * SMALL, incremental=True)
def input_fields(view: View, start: int) -> dict:
    """Every input that the plane offers, as bytes: images uint8 (7 * 256,), one picture of 16x16 each. Sent once."""
    images = _all_inputs() if view.dataset.features is not None else np.zeros(0, np.uint8)
    return {"start": start, "total": len(images), "images": images[start:]}


@lru_cache(maxsize=1)
def _all_inputs() -> np.ndarray:
    values = features_of(tuple(FEATURES))(_grid(SMALL)).T
    largest = np.abs(values).max(axis=1, keepdims=True)
    return signed_bytes(values, largest).ravel()


@probe("fast", FIELDS * SMALL * SMALL, rotates=True, count=Argument(FIELDS, 1, 64))
def fields(view: View, turn: int, count: int) -> dict:
    """What hidden units answer over the plane, `count` of them a frame in turn: images uint8 (count, 16, 16).

    Units are numbered through the layers; `first` is the first one's number, `units` how many there are. 128 is zero;
    the ends are -1 and 1, or for activations without bounds the layer's largest answer rounded up.
    """
    layers = on_plane(view, SMALL)[:-1]
    units = sum(trace.a.shape[1] for trace in layers)
    if not units:
        return {"images": np.zeros((0, SMALL, SMALL), np.uint8), "first": 0, "units": 0, "scale": 1.0}
    count = min(count, units)
    first = min((turn % -(-units // count)) * count, units - count)
    pictures, number = [], 0
    for layer, trace in zip(view.network.layers, layers, strict=False):
        width = trace.a.shape[1]
        mine = slice(max(0, first - number), min(width, first + count - number))
        if mine.start < mine.stop:
            pictures.append(signed_bytes(trace.a[:, mine].T, _scale(layer.activation, trace.a)))
        number += width
    images = np.ascontiguousarray(np.concatenate(pictures)).reshape(count, SMALL, SMALL)
    return {"images": images, "first": first, "units": units, "scale": 1.0}


def output_bytes(view: View, side: int) -> dict[str, Any]:
    """The output over the plane. One unit: field uint8 (side, side), see rooted_bytes; a sigmoid's 0.5 counts as zero.
    Several: winner uint8 (side, side), the class believed in most, and belief uint8, how strongly, 0 to 255."""
    layers = on_plane(view, side)
    if not layers:
        return {"field": np.zeros((0, 0), np.uint8)}
    a, activation = layers[-1].a, view.network.layers[-1].activation
    if a.shape[1] == 1:
        centred = 2 * a[:, 0] - 1 if activation == "sigmoid" else a[:, 0]
        return {"field": rooted_bytes(centred, 1.0).reshape(side, side)}
    winner = a.argmax(axis=1).astype(np.uint8)
    belief = np.clip(np.rint(a.max(axis=1) * 255), 0, 255).astype(np.uint8)
    return {"winner": winner.reshape(side, side), "belief": belief.reshape(side, side)}


@probe("often", 2 * LARGE * LARGE)
def output_field(view: View) -> dict:
    """The output over the plane as 64x64 bytes, see output_bytes."""
    return output_bytes(view, LARGE)


@probe("medium", 2 * BESIDE * BESIDE)
def run_field(view: View) -> dict:
    """One run among many: the output as 32x32 bytes, see output_bytes, and `right`, the share of new dots that are
    right (the error's root mean square where there are values to learn)."""
    summary = _summary(view)
    return {**output_bytes(view, BESIDE), **{name: summary[name] for name in ("new_right", "new_dots", "new_error")}}


@probe("medium", LARGE * LARGE, layer=LAYER, unit=UNIT)
def unit_field(view: View, layer: int, unit: int) -> dict:
    """What one unit answers over the plane: field uint8 (64, 64), 128 for zero; `low` and `high` are what the ends of
    the bytes stand for. A layer or unit that does not exist stands for the nearest that does."""
    layers = on_plane(view, LARGE)
    if not layers:
        return {"field": np.zeros((0, 0), np.uint8), "layer": 0, "unit": 0, "scale": 1.0}
    layer = min(layer, len(layers) - 1)
    a = layers[layer].a
    unit = min(unit, a.shape[1] - 1)
    scale = _scale(view.network.layers[layer].activation, a)
    field = signed_bytes(a[:, unit], scale).reshape(LARGE, LARGE)
    return {"field": field, "layer": layer, "unit": unit, "scale": scale}


# -- dots --------------------------------------------------------------------------------------------------------------


@probe("slow", DOTS * 13, incremental=True)
def dots(view: View, start: int) -> dict:
    """The dots, training ones first, at most 800 a piece: x1, x2 float32; target float32, a class's number or the
    value to learn; new uint8, 1 for the held-out ones. Sent once."""
    data = view.dataset
    if data.features is None:
        return {"start": 0, "total": 0, "x1": np.zeros(0, np.float32)}
    places = np.concatenate([data.points_train, data.points_heldout])[start : start + DOTS]
    targets = np.concatenate([data.labels("train"), data.labels("heldout")])[start : start + DOTS]
    new = (np.arange(start, start + len(places)) >= data.n_train).astype(np.uint8)
    x1, x2 = np.ascontiguousarray(places.T, np.float32)
    target = np.ascontiguousarray(targets.reshape(-1), np.float32)
    return {"start": start, "total": data.n_train + data.n_heldout, "x1": x1, "x2": x2, "target": target, "new": new}


@probe("fast", 1000)
def outcome(view: View) -> dict:
    """How the dots come out at this very update.

    wrong: uint8 bits, one a dot in the order of the probe `dots`, first dot in the highest bit. new_dots, new_right,
    train_dots, train_right, new_guess (right by guessing the commonest class) count dots; new_error and guess_error
    are errors' root mean squares, of the network and of always answering the training dots' mean, where there are
    values to learn; new_loss is the network's mean loss on the new dots, guess_loss that of the best answer that does
    not look at the dot.
    """
    return _summary(view)


def _summary(view: View) -> dict[str, Any]:
    if view.dataset.features is None:
        return {"wrong": np.zeros(0, np.uint8), "new_right": 0, "new_dots": 0, "new_error": 0.0}
    if "summary" not in view.kept:
        view.kept["summary"] = _summarized(view)
    return view.kept["summary"]


def _summarized(view: View) -> dict[str, Any]:
    data, network = view.dataset, view.network
    inputs, truth = _rows(data, str(network.dtype))
    last = network._forward(inputs)[-1]
    outputs = last.a
    result: dict[str, Any] = {
        "train_dots": data.n_train,
        "new_dots": data.n_heldout,
        "new_loss": _new_loss(view, last),
        **_guesses(view),
    }
    if not data.classes:
        off = outputs[:, 0] - truth
        new = float(np.sqrt(np.mean(off[data.n_train :] ** 2))) if data.n_heldout else 0.0
        return {**result, "wrong": np.zeros(0, np.uint8), "new_right": 0, "train_right": 0, "new_error": new}
    wrong = answers(outputs, network.layers[-1].activation) != truth
    return {
        **result,
        "wrong": np.packbits(wrong),
        "new_right": data.n_heldout - int(wrong[data.n_train :].sum()),
        "train_right": data.n_train - int(wrong[: data.n_train].sum()),
        "new_error": 0.0,
    }


def _new_loss(view: View, last: Trace) -> float:
    """The mean loss on the new dots, from the output layer's Trace of all dots; 0 where there are none."""
    new = slice(view.dataset.n_train, None)
    targets = targets_for(view.config, view.dataset, "heldout")
    rows = LOSSES[view.config.loss].rows(last.z[new], last.a[new], targets)
    return float(rows.mean(dtype=np.float64)) if len(rows) else 0.0


#: All dots of a dataset, training ones first, as a network gets them, with their truth; kept while it lives.
_ROWS: WeakKeyDictionary = WeakKeyDictionary()


def _rows(data, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    if data not in _ROWS:
        inputs = np.concatenate([data.take("train", slice(None)), data.take("heldout", slice(None))])
        truth = np.concatenate([data.labels("train"), data.labels("heldout")]).reshape(-1)
        _ROWS[data] = (inputs.astype(dtype, copy=False), truth)
    return _ROWS[data]


#: What guessing gets, by dataset and then by loss and outputs.
_GUESSED: WeakKeyDictionary = WeakKeyDictionary()


def _guesses(view: View) -> dict[str, Any]:
    config, data = view.config, view.dataset
    known = _GUESSED.setdefault(data, {})
    key = (config.loss, config.sizes[-1], config.activations[-1])
    if key not in known:
        known[key] = _guessed(config, data)
    return known[key]


def _guessed(config, data) -> dict[str, Any]:
    """The best that an answer without looking gets: the training dots' mean, or their classes' shares."""
    train, new = (targets_for(config, data, split) for split in ("train", "heldout"))
    right, error = 0, 0.0
    if data.classes:
        shares = np.bincount(data.labels("train"), minlength=len(data.classes)) / max(1, data.n_train)
        right = int((data.labels("heldout") == int(shares.argmax())).sum())
    if not len(new):
        return {"new_guess": 0, "guess_error": 0.0, "guess_loss": 0.0}
    if config.loss == "cross_entropy":
        answer = np.tile(np.maximum(shares, 1e-12), (len(new), 1))
    else:
        answer = np.tile(train.mean(axis=0), (len(new), 1))
    if not data.classes:
        error = float(np.sqrt(np.mean((new - answer) ** 2)))
    return {"new_guess": right, "guess_error": error, "guess_loss": float(LOSSES[config.loss].value(answer, new))}


# -- numbers -----------------------------------------------------------------------------------------------------------

#: The strongest link of a picture stands for a weight of this size or more.
STRONGEST = 8.0

#: Networks with more weights than this are not drawn link by link.
MOST_LINKS = 8192


def _small(view: View) -> bool:
    return sum(layer.W.size for layer in view.network.layers) <= MOST_LINKS


@probe("fast", MOST_LINKS)
def links(view: View) -> dict:
    """Every weight as one byte for drawing, see rooted_bytes with a scale of 8: code uint8 (weights,), each layer's W
    row by row; and on, uint8 (units,), 0 for a hidden unit that is switched off."""
    if not _small(view):
        return {"code": np.zeros(0, np.uint8), "on": np.zeros(0, np.uint8)}
    layers = view.network.layers
    on = [np.ones(layer.fan_out) if layer.units_on is None else layer.units_on for layer in layers]
    weights = np.concatenate([layer.W.ravel() for layer in layers])
    return {"code": rooted_bytes(weights, STRONGEST), "on": np.concatenate(on).astype(np.uint8)}


@probe("medium", 4 * MOST_LINKS)
def numbers(view: View) -> dict:
    """Every parameter: W{l} float32 (fan_in, fan_out) and b{l} float32 (fan_out,); `known` is 0 for networks of more
    than 8,192 weights, which then have none."""
    return _parameters(view, lambda layer: (layer.W, layer.b))


@probe("medium", 4 * MOST_LINKS)
def gradients(view: View) -> dict:
    """The gradient of the loss over all training dots (the first 1,000) at this update, shaped like `numbers`."""
    if not _small(view):
        return {"known": 0}
    data = view.dataset
    rows = slice(0, 1000)
    x = data.take("train", rows).astype(view.network.dtype, copy=False)
    y = targets_for(view.config, data, "train")[rows]
    network = view.network
    terms = terms_with(tuple(view.settings["bug"]), len(network.layers))
    grads = network._backward(network._forward(x), y, LOSSES[view.config.loss], terms)
    found = iter(grads)
    return _parameters(view, lambda layer: _of(next(found)))


def _of(grad) -> tuple:
    return grad.dW, grad.db


@probe("medium", 4 * MOST_LINKS)
def last_update(view: View) -> dict:
    """What the last update changed in every weight: W{l} float32 (fan_in, fan_out). `known` is 0 before the first."""
    moves = view.recent(whole=True) if _small(view) else None
    if moves is None or moves.last is None:
        return {"known": 0}
    return {"known": 1, **{f"W{l}": np.ascontiguousarray(W, np.float32) for l, W in enumerate(moves.last)}}


def _parameters(view: View, of) -> dict:
    found = {"known": int(_small(view))}
    for l, layer in enumerate(view.network.layers if _small(view) else ()):
        W, b = of(layer)
        found[f"W{l}"] = np.ascontiguousarray(W, np.float32)
        if b is not None:
            found[f"b{l}"] = np.ascontiguousarray(b, np.float32)
    return found


@probe("slow", 64)
def cost(view: View) -> dict:
    """What training has cost so far: updates, multiplications, seconds.

    A row costs one multiplication a weight forward, one backward for dW, and one for dx in every layer but the first.
    """
    weights = [layer.W.size for layer in view.network.layers]
    return {
        "updates": view.step,
        "multiplications": view.seen * (3 * sum(weights) - weights[0]),
        "seconds": view.seconds,
    }
