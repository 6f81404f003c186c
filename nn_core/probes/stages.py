"""The probe of one update in slow motion: the update that comes next, for one example of its batch, taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..losses import LOSSES
from .table import Argument, View, probe

#: Networks with more weights than this are not taken apart on the screen.
MOST_WEIGHTS = 2048


@probe("slow", 3 * 4 * (MOST_WEIGHTS + 256), example=Argument(0, 0, 10**6))
def stages(view: View, example: int) -> dict:
    """The coming update, stage by stage, for one `example` (counted from 0) of its batch.

    Forward: x float32 (inputs,), a{l} (fan_out,). Loss: target (outputs,), example_loss, loss (the batch's mean).
    Backward: delta{l} (fan_out,), dL/dz of this example alone; dW{l} (fan_in, fan_out) and db{l}, the gradient: the
    mean over the batch. Update: uW{l} and ub{l}, what it adds to the parameters. x1, x2: where the example lies.
    """
    network = view.network
    if sum(layer.W.size for layer in network.layers) > MOST_WEIGHTS:
        return {"batch": 0, "example": 0}
    step = view.step_at(view.step)
    count = len(step.rows)
    k = min(example, count - 1)
    found: dict[str, Any] = {"batch": count, "example": k, "loss": step.loss, "learning_rate": step.learning_rate}
    losses = step.before._row_losses(step.traces, step.y, LOSSES[view.config.loss])
    found["example_loss"] = float(losses[k])
    found["x"] = _flat(step.traces[0].x[k])
    found["target"] = _target(step.y[k], network.sizes[-1])
    places = view.dataset.points_train
    if places is not None:
        found["x1"], found["x2"] = (float(value) for value in places[step.rows[k]])
    for l, (trace, grad) in enumerate(zip(step.traces, step.grads, strict=True)):
        old, new = step.before.layers[l], step.after.layers[l]
        found[f"a{l}"] = _flat(trace.a[k])
        found[f"delta{l}"] = _flat(grad.dz[k] * count)
        found[f"dW{l}"] = np.ascontiguousarray(grad.dW, np.float32)
        found[f"uW{l}"] = np.ascontiguousarray(new.W - old.W, np.float32)
        if old.b is not None:
            found[f"db{l}"] = _flat(grad.db)
            found[f"ub{l}"] = _flat(new.b - old.b)
    return found


def _target(y, outputs: int) -> np.ndarray:
    """What the outputs should be, float32 (outputs,): a class's number becomes a row of 0 and 1."""
    if np.ndim(y) == 0 and outputs > 1:
        return np.eye(outputs, dtype=np.float32)[int(y)]
    return np.atleast_1d(np.asarray(y, np.float32))


def _flat(values) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32).reshape(-1)
