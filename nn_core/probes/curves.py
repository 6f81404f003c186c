"""The probe of a run's curves: loss and accuracy, training and held-out, as far as they have come."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..run import CURVES
from .table import View, probe

CURVE_CHUNK = 400


@probe("medium", 20 * CURVE_CHUNK + 64, incremental=True)
def curve(view: View, start: int) -> dict:
    """Curve points from number `start` on, at most 400: step int32 (k,), the rest float32. total: all there are."""
    table = view.curve[start : start + CURVE_CHUNK]
    result: dict[str, Any] = {"start": start, "total": len(view.curve)}
    result["step"] = table[:, 0].astype(np.int32)
    for k, name in enumerate(CURVES[1:], start=1):
        result[name] = table[:, k].astype(np.float32)
    return result
