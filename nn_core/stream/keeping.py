"""Keeping: what of a bench goes to the store and when, so that nothing that was acknowledged can be lost.

Events, pauses and new runs are waited for; progress is handed over about once a second while something is learning.
Checkpoints are only caches: they follow when recomputing what they save has become dear.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..events import Event
from .bench import Bench, Seat
from .saving import Saver
from .store import RunRecord, Superseded

#: Seconds between two saves: of progress, of a changed setting, and while the disk fails.
PROGRESS_EVERY = 1.0
SETTINGS_AFTER = 0.1
RETRY_EVERY = 2.0

#: A checkpoint is stored when recomputing what came since the last one would take so many seconds, or so many times as
#: long as storing one takes, whichever is more.
CHECKPOINT_AFTER = 2.0
CHECKPOINT_COST = 50.0


class Keeper:
    """Stores a bench. `settings()` gives what else belongs to the workbench; `problem` is "" or why saving fails."""

    def __init__(self, saver: Saver, bench: Bench, settings: Callable[[], dict[str, Any]]):
        self._saver, self._bench, self._settings = saver, bench, settings
        self._under_way: tuple[Future[bool], list[tuple[Seat, RunRecord]], float] | None = None
        self._saved_at = 0.0
        self._changed = False
        self._trained = 0.0
        self._cost = 0.0

    @property
    def problem(self) -> str:
        return self._saver.problem

    def changed(self) -> None:
        """A setting is not as it is stored; it is saved soon."""
        self._changed = True

    def trained(self, seconds: float) -> None:
        """So many seconds of training were done."""
        self._trained += seconds

    def save(
        self, *, wait: bool, event: tuple[Seat, Event] | None = None, caches: bool = False, last: bool = False
    ) -> bool:
        """Store the whole bench; with `event`, that event is about to happen in that seat. `caches` stores these, too,
        and so does `last`, after which nothing is stored any more.

        With `wait`, returns whether it is on the disk. While the disk fails nobody is kept waiting for it: the answer
        is False at once, and the save goes on behind. Raises Superseded where another worker has taken over.
        """
        wait = wait and not self._saver.problem
        self._settle(wait=True)
        caches = caches or last or self._trained >= max(CHECKPOINT_AFTER, CHECKPOINT_COST * self._cost)
        if caches:
            self._trained = 0.0
        records = []
        for seat in (seat for seat in self._bench.seats.values() if seat.run is not None):
            pending = event[1] if event is not None and event[0] is seat else None
            records.append((seat, seat.record(event=pending, caches=caches)))
        future = self._saver.save(self._settings(), [record for _, record in records])
        self._under_way = (future, records, time.monotonic())
        self._saved_at, self._changed = time.monotonic(), False
        return self._settle(wait=True) if wait or last else False

    def tend(self, now: float, moving: bool) -> None:
        """Save in the background what is due to be."""
        self._settle(wait=False)
        if self._under_way is not None or not (moving or self._changed):
            return
        interval = SETTINGS_AFTER if self._changed else PROGRESS_EVERY
        if now - self._saved_at >= (RETRY_EVERY if self._saver.problem else interval):
            self.save(wait=False)

    @property
    def busy(self) -> bool:
        """Whether there is something to save soon, or being saved."""
        return self._changed or self._under_way is not None

    def _settle(self, *, wait: bool) -> bool:
        """Note how the last save went, once it has ended; waits for that where asked to."""
        if self._under_way is None or not (wait or self._under_way[0].done()):
            return True
        (future, records, begun), self._under_way = self._under_way, None
        saved = self._saver.wait(future)
        if self._saver.superseded:
            raise Superseded(self._saver.superseded)
        if not saved:
            self._changed = True
            return False
        for seat, record in records:
            seat.stored(record)
        if any(record.checkpoint for _, record in records):
            self._cost = time.monotonic() - begun
        return True
