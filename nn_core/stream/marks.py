"""Marks: what was done to a run and when, in words short enough for a timeline.

A slider that was dragged makes many events; consecutive changes of one setting close together are one mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ..config import CHANGEABLE
from ..datasets import DATASETS
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
    noun = "neuron" if DATASETS[run.config.dataset].kind == "plane" else "unit"  # as the pages of its data say
    found: list[Mark] = []
    for event in run.events:
        values = event.values
        if event.kind == "unit":
            what = f"{noun} {values['index'] + 1} of layer {values['layer'] + 1}"
            found.append([event.step, what, "", "on" if values["on"] else "off"])
        elif event.kind == "parameter":
            found.append([event.step, _parameter(noun, **values), "", f"{values['value']:.3g}"])
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


def _parameter(noun: str, layer: int, array: str, index: Sequence[int], **_: Any) -> str:
    """Which weight or bias, counted from 1 as the pages do."""
    *source, target = (place + 1 for place in index)
    if array != "W":
        return f"bias of {noun} {target} of layer {layer + 1}"
    if layer == 0:
        return f"weight from input {source[0]} to {noun} {target}"
    return f"weight from {noun} {source[0]} to {target} of layer {layer + 1}"


def _gathered(found: list[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    for step, what, before, after in found:
        last = kept[-1] if kept else None
        if last and last[1] == what and step - last[0] <= max(3, step * TOGETHER):
            kept[-1] = [step, what, last[2], after]
        else:
            kept.append([step, what, before, after])
    return [mark for mark in kept if mark[2] != mark[3]]
