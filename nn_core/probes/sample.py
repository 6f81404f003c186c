"""Probes of one held-out row: what the network makes of it, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..evaluation import answers
from .table import SAMPLE, View, probe, to_bytes


def _bounded(view: View, sample: int) -> int:
    """A held-out row that exists, whatever row was asked for."""
    return min(sample, max(0, view.dataset.n_heldout - 1))


@probe("fast", 1200, sample=SAMPLE)
def sample(view: View, sample: int) -> dict:
    """One held-out row going through: its picture, its label, and what the network believes.

    image: uint8 (height, width), for images only. inputs: float32 (features,), for others. probabilities: float32
    (outputs,). label, prediction: classes. right: 1 or 0.
    """
    row = _bounded(view, sample)
    outputs = view.traces(row)[-1].a
    result: dict[str, Any] = {"index": row, "probabilities": np.ascontiguousarray(outputs[0], np.float32)}
    if view.dataset.image_shape:
        result["image"] = view.dataset.image("heldout", row)
    else:
        result["inputs"] = view.dataset.take("heldout", np.array([row]))[0]
    if view.dataset.classes:
        label = int(view.dataset.labels("heldout")[row])
        guess = int(answers(outputs, view.network.layers[-1].activation)[0])
        result |= {"label": label, "prediction": guess, "right": int(label == guess)}
    return result


@probe("fast", 16_384, sample=SAMPLE)
def activations(view: View, sample: int) -> dict:
    """How strongly each hidden unit answers to one held-out row: uint8 (width,) a layer, 0 to 255.

    The scale of layer l runs from `low{l}` to `high{l}`: the activation's own range where it has one (0 to 1, -1 to 1),
    else 0 to the largest answer.
    """
    result: dict[str, Any] = {}
    for l, (layer, trace) in enumerate(
        zip(view.network.layers[:-1], view.traces(_bounded(view, sample))[:-1], strict=True)
    ):
        a = trace.a[0]
        low, high = RANGES.get(layer.activation, (min(0.0, float(a.min())), max(1e-9, float(a.max()))))
        result[f"layer{l}"] = to_bytes(a, low, high)
        result[f"low{l}"], result[f"high{l}"] = low, high
    return result


#: Activations whose answers have a range of their own.
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
