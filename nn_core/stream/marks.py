"""Marks: what was done to a run and when, in words short enough for a timeline.

A slider that was dragged makes many events; consecutive changes of one setting close together are one mark.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from ..config import CHANGEABLE
from ..run import Run
from .words import in_words

#: So many marks are told at most, the newest.
MOST = 120

#: Changes of one setting belong together when they are no more updates apart than this share of their step (and 3).
TOGETHER = 1 / 300

Mark = list[Any]

_known: WeakKeyDictionary[Run, tuple[int, list[Mark]]] = WeakKeyDictionary()


def marks(run: Run) -> list[Mark]:
    """The marks of a run as [step, what, before, after], in order; `before` is "" where it is not known."""
    count, found = _known.get(run, (-1, []))
    if count != len(run.events):
        found = _marks(run)[-MOST:]
        _known[run] = (len(run.events), found)
    return found


def _marks(run: Run) -> list[Mark]:
    settings = {name: getattr(run.config, name) for name in CHANGEABLE}
    found: list[Mark] = []
    for event in run.events:
        values = event.values
        if event.kind == "unit":
            what = f"unit {values['index'] + 1} of layer {values['layer'] + 1}"
            found.append([event.step, what, "", "on" if values["on"] else "off"])
        elif event.kind == "parameter":
            kind = "weight" if values["array"] == "W" else "bias"
            place = " to ".join(str(index + 1) for index in values["index"])
            found.append([event.step, f"{kind} {place} of layer {values['layer'] + 1}", "", f"{values['value']:.3g}"])
        else:
            new = {**settings, **values}
            for name in values:
                owner = name.removesuffix("_args")
                if owner != name and values.get(owner):
                    continue  # the arguments of a new optimizer or schedule stand beside its name
                what = owner.replace("_", " ")
                found.append([event.step, what, in_words(owner, settings), in_words(owner, new)])
            settings = new
    return _gathered(found)


def _gathered(found: list[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    for step, what, before, after in found:
        last = kept[-1] if kept else None
        if last and last[1] == what and step - last[0] <= max(3, step * TOGETHER):
            kept[-1] = [step, what, last[2], after]
        else:
            kept.append([step, what, before, after])
    return [mark for mark in kept if mark[2] != mark[3]]
