"""Looking: which held-out row the pictures show. It has nothing to do with which rows the network learns from."""

from __future__ import annotations

import random

import numpy as np

from ..evaluation import targets_for
from ..probes import View

#: Where looking begins: a plainly written 3 among the bundled digits.
FIRST = 3


def choose(view: View, now: int, how: str, value: int | str | None) -> int:
    """The held-out row to look at next, where row `now` is looked at.

    `how` is a name of commands.LOOKS. `value` is the row for "index", the class (its label or number) for "class", and
    the rank for "most_wrong" (0 by default, the worst). Raises ValueError with a sentence where there is no such row.
    """
    rows = view.dataset.n_heldout
    if rows == 0:
        raise ValueError("This dataset holds no rows back that could be looked at.")
    if how == "index":
        return _whole("index", value, rows)
    if how in ("next", "previous"):
        return (min(now, rows - 1) + (1 if how == "next" else -1)) % rows
    if how == "random":
        return random.randrange(rows)
    if how == "class":
        return _next_of_class(view, now, value)
    return int(_worst_first(view)[_whole("most_wrong", 0 if value is None else value, rows)])


def _next_of_class(view: View, now: int, value: int | str | None) -> int:
    classes = view.dataset.classes
    if not classes:
        raise ValueError("This dataset has values to predict, not classes to choose among.")
    if isinstance(value, str) and value in classes:
        value = classes.index(value)
    if not isinstance(value, int) or value >= len(classes):
        raise ValueError(f"class: choose one of {', '.join(classes)}.")
    found = np.flatnonzero(view.dataset.labels("heldout") == value)
    if not len(found):
        raise ValueError(f"No held-out row is of class {classes[value]}.")
    return int(found[np.searchsorted(found, now, side="right") % len(found)])


def _worst_first(view: View) -> np.ndarray:
    """Held-out rows by how far the network is off, (n,): by the probability it denies the truth, or squared error."""
    outputs, _ = view.heldout
    targets = targets_for(view.config, view.dataset, "heldout")
    if view.config.loss == "cross_entropy":
        off = 1 - outputs[np.arange(len(outputs)), targets]
    else:
        off = ((outputs - targets) ** 2).sum(axis=1)
    return np.argsort(-off, kind="stable")


def _whole(how: str, value: int | str | None, rows: int) -> int:
    if not isinstance(value, int) or not 0 <= value < rows:
        raise ValueError(f"{how}: give a number from 0 to {rows - 1:,}.")
    return value
