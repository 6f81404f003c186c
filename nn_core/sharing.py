"""Sharing: a run as a text that another installation can check, compute again, and compare with the original.

A run is its configuration and its events, so a link holds those, squeezed, and the update to stand at. Whoever opens
it trusts nothing in it: it is bounded in size, checked against the same tables as every choice, and carries the
fingerprint of the state that its sender saw.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .checkpoints import numerics_id
from .config import RunConfig
from .datasets import DATASETS, DataUnavailable
from .events import Event
from .run import FORMAT, SLICE, Run

#: A link's part about the run is no longer than this, since browsers and messengers cut long addresses off.
MAX_LINK = 6000
#: A text is no longer than this, in bytes, and has no more events.
MAX_TEXT = 2 * 2**20
MAX_EVENTS = 20_000
MAX_BOOKMARKS = 100
MAX_NAME = 80
MAX_STEP = 10**9

_KEYS = {"format", "config", "events", "step", "head", "dataset_sha256", "numerics_id", "name", "bookmarks"}
_SEALS = {"fingerprint", "check"}


@dataclass(frozen=True)
class Shared:
    """A checked text: what a run needs to be computed again. `fingerprint` is "" where the sender gave none; `exact`
    says whether the result will be equal bit for bit here, or else up to rounding."""

    config: RunConfig
    events: tuple[Event, ...]
    step: int
    dataset_sha256: str | None
    exact: bool
    name: str = ""
    bookmarks: tuple[tuple[int, str], ...] = ()
    fingerprint: str = field(default="", repr=False)


def share(run: Run, *, name: str = "", bookmarks: Sequence[Sequence[Any]] = ()) -> str:
    """The run up to where it stands, as JSON text; what it may do later stays at home."""
    step = run.step
    plain = {
        "format": FORMAT,
        "config": _short(run.config),
        "events": [event.to_dict() for event in run.events if event.step <= step],
        "step": step,
        "dataset_sha256": run.dataset.sha256,
        "numerics_id": numerics_id(),
    }
    if name:
        plain["name"] = name
    marked = [list(bookmark) for bookmark in bookmarks if bookmark[0] <= step]
    if marked:
        plain["bookmarks"] = marked
    plain["fingerprint"] = run.state_fingerprint()
    return json.dumps({**plain, "check": _check(plain)}, allow_nan=False, separators=(",", ":"))


def to_link(text: str) -> str:
    """The text as the part of a link, of letters, digits, "-" and "_". Raises ValueError where it would be too long."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = base64.urlsafe_b64encode(packer.compress(text.encode()) + packer.flush()).decode().rstrip("=")
    if len(packed) > MAX_LINK:
        raise ValueError("So much was changed in this run that it does not fit into a link; download it as a file.")
    return packed


def from_link(part: str) -> str:
    """The text that a link holds. Raises ValueError with a sentence where it holds none."""
    if not isinstance(part, str) or len(part) > MAX_LINK:
        raise ValueError(f"This link is too long to be one of ours: at most {MAX_LINK:,} characters describe a run.")
    try:
        packed = base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
        unpacker = zlib.decompressobj(-15)
        text = unpacker.decompress(packed, MAX_TEXT + 1)
        if len(text) > MAX_TEXT:
            raise ValueError("too large")
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("cut off")
        return text.decode()
    except (ValueError, zlib.error):
        raise ValueError(
            "This link was cut off or changed on its way; ask for it again, or for the run as a file."
        ) from None


def read(text: str | bytes) -> Shared:
    """Check a text made by `share` or by `Run.to_json`. Raises ValueError, in one sentence, for anything else."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"A shared run may have {MAX_TEXT:,} bytes; this one has {len(text):,}.")
    try:
        plain = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("This is not a shared run: it is not JSON.") from None
    if not isinstance(plain, dict) or "format" not in plain:
        raise ValueError("This is not a shared run: it has no format number.")
    if plain["format"] != FORMAT:
        newer = isinstance(plain["format"], int) and plain["format"] > FORMAT
        advice = "update Watch It Learn to open it" if newer else f"this version reads format {FORMAT}"
        raise ValueError(f"This run was shared in format {str(plain['format'])[:20]!r}; {advice}.")
    unknown = sorted(set(plain) - _KEYS - _SEALS)
    if unknown:
        raise ValueError(f"A shared run has no part {unknown[0][:40]!r}; it was changed, or made by another version.")
    if "check" in plain:
        sealed = {key: value for key, value in plain.items() if key != "check"}
        if plain["check"] != _check(sealed):
            raise ValueError("This shared run was changed after it was made; ask for it again.")
    return _checked(plain)


def _checked(plain: dict[str, Any]) -> Shared:
    step = _whole("step", plain.get("step"), MAX_STEP)
    listed = plain.get("events", [])
    if not isinstance(listed, list) or len(listed) > MAX_EVENTS:
        raise ValueError(f"A shared run may have {MAX_EVENTS:,} changes in a list.")
    events = tuple(Event.from_dict(event) for event in listed)
    if any(one.step > other.step for one, other in pairwise(events)):
        raise ValueError("The changes of this shared run are not in order; it was changed after it was made.")
    name = plain.get("name", "")
    if not isinstance(name, str) or len(name) > MAX_NAME or (name and not name.isprintable()):
        raise ValueError(f"A run's name is a text of at most {MAX_NAME} characters.")
    fingerprint, arithmetic = plain.get("fingerprint", ""), plain.get("numerics_id")
    if not isinstance(fingerprint, str):
        raise ValueError("The fingerprint of this shared run is not a text.")
    sha256 = plain.get("dataset_sha256")
    if sha256 is not None and not isinstance(sha256, str):
        raise ValueError("What this shared run says of its data is not a text.")
    return Shared(
        config=RunConfig.from_dict(plain.get("config")),
        events=tuple(event for event in events if event.step <= step),
        step=step,
        dataset_sha256=sha256,
        exact=arithmetic == numerics_id(),
        name=name,
        bookmarks=_bookmarks(plain.get("bookmarks", []), step),
        fingerprint=fingerprint,
    )


def _bookmarks(listed: Any, step: int) -> tuple[tuple[int, str], ...]:
    if not isinstance(listed, list) or len(listed) > MAX_BOOKMARKS:
        raise ValueError(f"A shared run may have {MAX_BOOKMARKS} bookmarks in a list.")
    found = {}
    for bookmark in listed:
        if not isinstance(bookmark, list) or len(bookmark) != 2 or not isinstance(bookmark[1], str):
            raise ValueError("A bookmark is a pair of an update and a name.")
        if len(bookmark[1]) > MAX_NAME or (bookmark[1] and not bookmark[1].isprintable()):
            raise ValueError(f"A bookmark's name is a text of at most {MAX_NAME} characters.")
        found[_whole("bookmark", bookmark[0], step)] = bookmark[1]
    return tuple(sorted(found.items()))


class Replay:
    """A shared run on its way: computed again from update 0, a little at a time.

    Raises ValueError with a sentence where an event could not have happened, DataUnavailable where its data is missing.
    """

    def __init__(self, shared: Shared):
        self.shared = shared
        source = DATASETS[shared.config.dataset]
        self.run = Run(shared.config, dataset=source.here(**shared.config.dataset_args))
        if shared.dataset_sha256 is not None and self.run.dataset.sha256 != shared.dataset_sha256:
            raise DataUnavailable(
                f"This run learned from other data than the dataset {shared.config.dataset!r} found here, "
                "so it cannot be computed again."
            )
        self._events = list(shared.events)

    def work(self, seconds: float) -> bool:
        """Go on for about so many seconds, at least an update; True once it is there."""
        run, until = self.run, time.perf_counter() + seconds
        while True:
            while self._events and self._events[0].step == run.step:
                event = self._events.pop(0)
                proposed = run.propose(event.kind, **dict(event.values))
                if proposed is None:
                    raise ValueError(f"The change at update {event.step:,} could not have happened in this run.")
                run.apply(proposed)
            goal = self._events[0].step if self._events else self.shared.step
            if run.step == goal:
                return True
            run.advance(steps=goal - run.step, seconds=max(SLICE, until - time.perf_counter()))
            if run.step < goal and run.stopped:
                raise ValueError(f"This run cannot have come to update {goal:,}: {run.stopped}")
            if time.perf_counter() >= until and (self._events or run.step < goal):
                return False

    @property
    def verdict(self) -> str:
        """How the run, once it is there, compares with the original: "same", "rounding" or "different"."""
        if not self.shared.exact:
            return "rounding"
        same = self.shared.fingerprint in ("", self.run.state_fingerprint())
        return "same" if same else "different"


def _short(config: RunConfig) -> dict[str, Any]:
    """A configuration without the fields that are as they are by default. (Sizes and activations always stand.)"""
    usual = RunConfig().to_dict()
    keep = ("dataset", "sizes", "activations")
    return {name: value for name, value in config.to_dict().items() if name in keep or value != usual[name]}


def _check(plain: dict[str, Any]) -> str:
    """A checksum over everything else, against accidents and careless edits."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def _whole(name: str, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name}: {str(value)[:40]!r} is not a whole number from 0 to {most:,}.")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")
