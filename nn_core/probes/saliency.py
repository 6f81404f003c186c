"""The probe of which inputs matter: the gradient of one class's score by the input.

The score is the class's weighted sum z at the output, before softmax (Simonyan, Vedaldi & Zisserman 2014, section 3):
the softmax's own outputs would also move when another class's score does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..evaluation import answers
from .sample import DRAWN, traces_of
from .table import SAMPLE, Argument, View, probe, step_up


@probe("medium", 4000, sample=SAMPLE, drawn=DRAWN, score=Argument(None, 0, 1000))
def saliency(view: View, sample: int, drawn: int, score: int | None) -> dict:
    """How one class's score would change with each input of a row: gradient float32 (features,).

    score: the class, by default the one it answers. height, width: the form of the picture, 0 where inputs are no
    pixels. scale: the largest change, rounded up to 1, 2 or 5 times a power of ten, so that it moves in steps.
    """
    traces, _ = traces_of(view, sample, drawn)
    outputs = traces[-1].z.shape[1]
    guess = int(answers(traces[-1].a, view.network.layers[-1].activation)[0])
    wanted = min(guess if score is None else score, outputs - 1)
    gradient = score_gradient(view.network, traces, wanted)[0].astype(np.float32)
    shape = view.dataset.image_shape or (0, 0)
    result: dict[str, Any] = {
        "gradient": np.ascontiguousarray(gradient),
        "score": wanted,
        "value": float(traces[-1].z[0, wanted]),
        "height": shape[0],
        "width": shape[1],
        "scale": step_up(float(np.abs(gradient).max())),
    }
    return result


def score_gradient(network, traces, score: int) -> np.ndarray:
    """dz_score/dx for each row of traces, (n, features): the chain rule from one output's z back to the input."""
    dz = np.zeros_like(traces[-1].z)
    dz[:, score] = 1
    for l in range(len(network.layers) - 1, -1, -1):
        layer, trace = network.layers[l], traces[l]
        if l < len(network.layers) - 1:
            active = trace.a if trace.extras is None else trace.extras.active
            if layer.units_on is not None:
                dz = dz * layer.units_on
            dz = layer._activation.backward(trace.z, active, dz)
        if layer.norm is not None:
            dz = layer.norm._backward(trace.extras, dz).dlinear
        dz = dz @ layer.W.T
    return dz
