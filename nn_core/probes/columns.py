"""Columns: what was measured at some updates of a run, kept so that a picture can show how it came about.

They are a cache and nothing else: each column is a pure function of the run at its update, so any of them can be made
again. New ones are made where the run is now; those of the time before somebody looked come from the states that the
run keeps anyway, the widest gap first.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from .table import View

#: Columns lie at least this share of their own step apart: near enough for a picture a few hundred pixels wide, and at
#: most 128 + 128 ln(steps / 128) of them in all.
SPACING = 1 / 128
#: A column more than so many is not kept.
MOST = 4000
#: So many different things are kept in columns of one run; what was looked at longest ago is forgotten first.
KINDS = 12
#: Whoever looks for the first time gets so many columns of the past at once, and the others one by one.
BURST = 24
#: Bytes that one frame takes up at most.
PIECE = 12_000

Column = dict[str, np.ndarray]


class Columns:
    """The columns of one kind, in the order in which they were made: step, state (events applied), and the arrays."""

    def __init__(self):
        self.steps: list[int] = []
        self.made: list[Column] = []
        self._order: list[int] = []  # the steps, sorted
        self._state: dict[int, int] = {}  # step -> events applied

    def lacks(self, step: int, state: int) -> bool:
        """Whether a column at this state would add something."""
        if step in self._state:
            return self._state[step] != state
        k = bisect.bisect(self._order, step)
        near = min((abs(step - other) for other in self._order[max(0, k - 1) : k + 1]), default=step + 1)
        return near >= max(1, step * SPACING) and len(self.made) < MOST

    def add(self, step: int, state: int, column: Column) -> None:
        if step not in self._state:
            bisect.insort(self._order, step)
        self._state[step] = state
        self.steps.append(step)
        self.made.append(column)

    def missing(self, view: View) -> int | None:
        """The kept step of the run whose column would fill the widest gap; None where there is nothing to fill."""
        found, widest = None, 0
        for step in view.kept_steps:
            if step > view.head or not self.lacks(step, view.applied(step)):
                continue
            k = bisect.bisect(self._order, step)
            before = self._order[k - 1] if k else -1
            after = self._order[k] if k < len(self._order) else view.head
            gap = min(step - before, max(1, after - step))
            if gap > widest:
                found, widest = step, gap
        return found


def columns_of(
    view: View,
    kind: Any,
    start: int,
    now: Callable[[], Column],
    then: Callable[[int], Column] | None,
    here: int | None = -1,
) -> dict[str, Any]:
    """The columns of a kind from number `start` on, as an incremental probe gives them.

    `now()` measures the run at step `here`: by default where it is, None where that cannot be known yet. `then(step)`
    measures it at another step; `then` is None where that has to wait. Returns step int32 (k,), each array with one row
    a column, start, and total.
    """
    kinds = view.notes.setdefault("columns", OrderedDict())
    columns = kinds.setdefault(kind, Columns())
    kinds.move_to_end(kind)
    while len(kinds) > KINDS:
        kinds.popitem(last=False)
    here = view.step if here == -1 else here
    if here is not None and columns.lacks(here, view.applied(here)):
        columns.add(here, view.applied(here), now())
    for _ in range(BURST if len(columns.made) < 2 else 1):
        missing = columns.missing(view) if then else None
        if missing is None:
            break
        columns.add(missing, view.applied(missing), then(missing))
    missing = columns.missing(view) if then and view.still else None
    if not columns.made:
        return {"start": start, "total": start, "step": np.zeros(0, np.int32)}
    size = 4 + sum(array.nbytes for array in columns.made[0].values())
    piece = slice(start, start + max(1, PIECE // size))
    result: dict[str, Any] = {"start": start, "total": len(columns.made) + (missing is not None)}
    result["step"] = np.array(columns.steps[piece], np.int32)
    for name, array in columns.made[0].items():
        rows = [column[name] for column in columns.made[piece]]
        result[name] = np.array(rows, array.dtype).reshape(len(rows), array.size)
    return result
