"""The probe of the gradient check: does the backward pass that a run learns with say what really happens?"""

from __future__ import annotations

import numpy as np

from ..evaluation import targets_for
from ..gradcheck import LIMIT, check_gradients
from .table import Argument, View, probe

#: Training rows that the check is made on, always the same, and how many numbers of each array are nudged.
ROWS = 8
NUDGED = 32

#: Networks with more numbers than this are not checked beside their training.
MOST = 400_000


@probe("rare", 16 * 2 * 12 + 64, nudged=Argument(NUDGED, 1, 256))
def gradient_check(view: View, nudged: int) -> dict:
    """Relative errors of the gradients on the first 8 training rows, an entry for each layer's W and b.

    layer uint8, bias uint8 (1 for b, 0 for W), error float32 (k,): of the backward pass as the run has it, bugs
    included, and right float32 (k,): of the right one. limit: up to which they count as agreeing. checked: 0 where the
    network is too large for it.
    """
    network, config = view.network, view.config
    if sum(array.size for layer in network.layers for array in (layer.W, layer.b) if array is not None) > MOST:
        return {"checked": 0, "limit": LIMIT, "error": np.zeros(0, np.float32)}
    rows = slice(min(ROWS, view.dataset.n_train))
    x, y = view.dataset.take("train", rows), targets_for(config, view.dataset, "train")[rows]
    bug = tuple(view.settings["bug"])
    right = check_gradients(network, x, y, config.loss, sample=nudged)
    report = check_gradients(network, x, y, config.loss, bug=bug, sample=nudged) if bug else right
    weights = [(entry, other) for entry, other in zip(report, right, strict=True) if entry.array in ("W", "b")]
    return {
        "layer": np.array([entry.layer for entry, _ in weights], np.uint8),
        "bias": np.array([entry.array == "b" for entry, _ in weights], np.uint8),
        "error": np.array([entry.relative_error for entry, _ in weights], np.float32),
        "right": np.array([other.relative_error for _, other in weights], np.float32),
        "limit": LIMIT,
        "checked": sum(entry.analytic.size for entry, _ in weights),
    }
