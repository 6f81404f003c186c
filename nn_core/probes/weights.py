"""Probes of a network's weights as pictures."""

from __future__ import annotations

import numpy as np

from .table import Argument, View, probe, step_up, to_bytes

WEIGHT_IMAGES = 16


@probe("medium", 16 * 28 * 28 + 64, rotates=True, count=Argument(WEIGHT_IMAGES, 1, 64))
def first_weights(view: View, turn: int, count: int) -> dict:
    """The first layer's weights as pictures, `count` units a frame in rotation: uint8 (count, height, width).

    128 is zero, 255 is +scale and 1 is -scale; the scale is the 99.5th percentile of some 4,000 |W|, rounded up to
    1, 2 or 5 times a power of ten, so that it moves in steps. `first` is the first unit's number, `units` their count.
    """
    W = view.network.layers[0].W
    shape = view.dataset.image_shape or (1, W.shape[0])
    units = W.shape[1]
    count = min(count, units, max(1, 12_544 // W.shape[0]))
    turns = -(-units // count)
    first = min((turn % turns) * count, units - count)
    some = np.abs(W.ravel()[:: W.size // 4096 | 1])  # the odd stride visits every unit; sorting all would take longer
    scale = step_up(float(np.percentile(some, 99.5)))
    pictures = to_bytes(W[:, first : first + count].T, -scale * 128 / 127, scale).reshape(count, *shape)
    return {"images": np.ascontiguousarray(pictures), "first": first, "units": units, "scale": scale}
