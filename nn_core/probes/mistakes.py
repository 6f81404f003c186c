"""The probe of a network's worst mistakes: the held-out pictures that it takes for something else with most belief."""

from __future__ import annotations

import numpy as np

from .table import Argument, View, probe

MISTAKES = 12


@probe("rare", MISTAKES * (28 * 28 + 16) + 64, count=Argument(MISTAKES, 1, 16))
def mistakes(view: View, count: int) -> dict:
    """Held-out rows that are answered wrongly, the one with the most belief in its wrong answer first, at most `count`.

    images: uint8 (k, height, width); index int32, label and answer uint8, belief float32 (k,): which row, what it is,
    what it is taken for, and the output of that answer. wrong, of: how many rows are wrong, and how many there are.
    """
    data = view.dataset
    if not data.classes or not data.image_shape or not data.n_heldout:
        return {"wrong": 0, "of": data.n_heldout, "belief": np.zeros(0, np.float32)}
    labels, (outputs, answers) = data.labels("heldout"), view.heldout
    wrong = np.flatnonzero(answers != labels)
    beliefs = outputs[wrong].max(axis=1)
    worst = wrong[np.argsort(-beliefs, kind="stable")[:count]]
    return {
        "images": np.rint(data.take("heldout", worst) * 255).astype(np.uint8).reshape(-1, *data.image_shape),
        "index": worst.astype(np.int32),
        "label": labels[worst].astype(np.uint8),
        "answer": answers[worst].astype(np.uint8),
        "belief": outputs[worst].max(axis=1).astype(np.float32),
        "wrong": len(wrong),
        "of": data.n_heldout,
    }
