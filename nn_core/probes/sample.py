"""Probes of one held-out row, or of a learner's own drawing: what the network makes of it, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..evaluation import answers
from ..records import Trace
from .table import SAMPLE, Argument, View, probe, to_bytes

#: Whether a drawing is looked at instead of the row; the workbench fills this in where there is one.
DRAWN = Argument(0, 0, 1)


def _bounded(view: View, sample: int) -> int:
    """A held-out row that exists, whatever row was asked for."""
    return min(sample, max(0, view.dataset.n_heldout - 1))


def traces_of(view: View, sample: int, drawn: int) -> tuple[tuple[Trace, ...], int]:
    """The forward pass of a held-out row or of the drawing, and the row's number, -1 for the drawing."""
    if drawn and view.drawing is not None:
        return view.drawing_traces, -1
    row = _bounded(view, sample)
    return view.traces(row), row


@probe("fast", 1200, sample=SAMPLE, drawn=DRAWN)
def sample(view: View, sample: int, drawn: int) -> dict:
    """One held-out row going through: its picture, its label (-1 for a drawing), and what the network believes.

    image: uint8 (height, width), for images only. inputs: float32 (features,), for others. probabilities: float32
    (outputs,). label, prediction: classes. right: 1 or 0.
    """
    traces, row = traces_of(view, sample, drawn)
    outputs = traces[-1].a
    result: dict[str, Any] = {"index": row, "probabilities": np.ascontiguousarray(outputs[0], np.float32)}
    if view.dataset.image_shape:
        result["image"] = view.drawing if row < 0 else view.dataset.image("heldout", row)
    else:
        result["inputs"] = view.dataset.take("heldout", np.array([row]))[0]
    if view.dataset.classes:
        label = -1 if row < 0 else int(view.dataset.labels("heldout")[row])
        guess = int(answers(outputs, view.network.layers[-1].activation)[0])
        result |= {"label": label, "prediction": guess, "right": int(label == guess)}
    return result


@probe("fast", 16_384, sample=SAMPLE, drawn=DRAWN)
def activations(view: View, sample: int, drawn: int) -> dict:
    """How strongly each hidden unit answers to one held-out row: uint8 (width,) a layer, 0 to 255.

    The scale of layer l runs from `low{l}` to `high{l}`: the activation's own range where it has one (0 to 1, -1 to 1),
    else 0 to the largest answer.
    """
    result: dict[str, Any] = {}
    for l, (layer, trace) in enumerate(
        zip(view.network.layers[:-1], traces_of(view, sample, drawn)[0][:-1], strict=True)
    ):
        a = trace.a[0]
        low, high = RANGES.get(layer.activation, (min(0.0, float(a.min())), max(1e-9, float(a.max()))))
        result[f"layer{l}"] = to_bytes(a, low, high)
        result[f"low{l}"], result[f"high{l}"] = low, high
    return result


#: Activations whose answers have a range of their own.
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
