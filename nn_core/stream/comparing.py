"""Comparing: how the runs of a bench differ, and after which update they parted.

Both follow from configurations and events alone: two runs are equal bit for bit up to the first event that only one of
them has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..presets import PRESET_TITLES
from ..run import Run
from .bench import Seat
from .description import preset_of
from .words import in_words

#: What the row is called that counts weights edited and units switched off.
_BY_HAND = "changed by hand"

#: Fields whose difference is told by another one, or that change nothing about what is learned.
_SILENT = ("dataset_args", "init_args", "optimizer_args", "schedule_args", "evaluate_every", "stop")


def parted(one: Run, other: Run) -> int | None:
    """The update after which two runs are no longer equal; None where nothing parts them."""
    if one.config != other.config:
        return 0
    pairs = zip(one.events, other.events, strict=False)
    common = next((k for k, (mine, yours) in enumerate(pairs) if mine != yours), None)
    if common is None:
        common = min(len(one.events), len(other.events))
    steps = [run.events[common].step for run in (one, other) if len(run.events) > common]
    return min(steps, default=None)


def compare(seats: Sequence[Seat]) -> dict[str, Any] | None:
    """The differences among the runs of a bench; None where there are less than two.

    rows: [what, [a value in words for each run]]; labels: a short name for each run that tells it from the others;
    parted: for each run the update after which it left the first one, None where it has not. All by the run's id.
    """
    loaded = [seat for seat in seats if seat.run is not None]
    if len(loaded) < 2:
        return None
    first = loaded[0]
    rows = _rows(loaded)
    return {
        "runs": [seat.id for seat in loaded],
        "rows": rows,
        "labels": _labels(loaded, rows),
        "parted": {seat.id: parted(first.run, seat.run) for seat in loaded[1:]},
    }


def _rows(seats: Sequence[Seat]) -> list[list[Any]]:
    choices = [{**seat.run.config.to_dict(), **seat.run.settings} for seat in seats]
    rows = []
    for name in choices[0]:
        told = [in_words(name, one) for one in choices]
        if name not in _SILENT and len(set(told)) > 1:
            rows.append([name.replace("_", " "), told])
    by_hand = [sum(event.kind != "change" for event in seat.run.events) for seat in seats]
    if len(set(by_hand)) > 1:
        rows.append([_BY_HAND, [_times(count) for count in by_hand]])
    return rows


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _labels(seats: Sequence[Seat], rows: list[list[Any]]) -> dict[str, str]:
    """Names that fit beside a curve."""
    rows = _telling(rows)
    presets = [preset_of(seat.run.config) for seat in seats]
    labels: dict[str, str] = {}
    titled = all(seat.name for seat in seats) or (len(set(presets)) == len(seats) and all(presets))
    for k, seat in enumerate(seats):
        if seat.name:
            label = seat.name
        elif titled:
            label = PRESET_TITLES.get(presets[k], presets[k])
        elif rows:
            label = ", ".join(_with_name(what, told[k]) for what, told in rows)
        else:
            label = "original" if k == 0 else "fork"
        taken = sum(other == label or other.startswith(f"{label} (") for other in labels.values())
        labels[seat.id] = f"{label} ({taken + 1})" if taken else label
    return _without_what_all_share(labels) if titled else labels


def _telling(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows that names are made of, two at most; what was done by hand only where nothing else tells them apart."""
    chosen = [row for row in rows if row[0] != _BY_HAND][:2]
    apart = chosen and len(set(zip(*(told for _, told in chosen), strict=True))) == len(chosen[0][1])
    by_hand = [row for row in rows if row[0] == _BY_HAND]
    return chosen if apart or not by_hand else [*chosen[:1], *by_hand]


def _without_what_all_share(labels: dict[str, str]) -> dict[str, str]:
    """The names without the words that all begin with, where a word is left of each: not "0" and "1" of two seeds."""
    words = [label.split() for label in labels.values()]
    shared = 0
    while all(any(word.isalpha() for word in one[shared + 1 :]) and one[shared] == words[0][shared] for one in words):
        shared += 1
    return {run: " ".join(one[shared:]) for run, one in zip(labels, words, strict=True)}


def _with_name(what: str, value: str) -> str:
    if what == _BY_HAND:
        return f"{what} {value}" if value != "never" else "left alone"
    plain = value.replace(",", "").replace(".", "").replace("-", "").replace("e", "")
    short = {"learning rate": "rate", "batch size": "batch"}.get(what, what)
    return f"{short} {value}" if plain.isdigit() or value in ("on", "off", "none") else value
