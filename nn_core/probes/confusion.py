"""Probes of all held-out rows at once: which class is taken for which."""

from __future__ import annotations

import numpy as np

from .table import View, probe


@probe("rare", 10 * 10 * 4 + 4 * 200)
def confusion(view: View) -> dict:
    """Held-out rows by true class and answer: counts int32 (classes, classes); accuracy float32 (classes,)."""
    classes = len(view.dataset.classes)
    if not classes:
        return {"counts": np.zeros((0, 0), np.int32), "accuracy": np.zeros(0, np.float32)}
    labels, (_, guesses) = view.dataset.labels("heldout"), view.heldout
    counts = np.zeros((classes, classes), np.int32)
    np.add.at(counts, (labels, guesses), 1)
    totals = counts.sum(axis=1)
    return {"counts": counts, "accuracy": (counts.diagonal() / np.maximum(totals, 1)).astype(np.float32)}
