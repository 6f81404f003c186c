"""The bench: the runs of a workbench that are trained together, update by update.

They stand at one common step; a run that has stopped stays behind, the others go on. A run that cannot be had (its data
is missing) keeps its seat with a sentence instead of being replaced by something else.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from ..checkpoints import MEMORY
from ..config import RunConfig
from ..datasets import DATASETS, DataUnavailable
from ..events import Event
from ..run import Run
from .store import RunRecord

#: How many runs are trained together at most, and how many bytes of checkpoints they may hold in all.
MAX_RUNS = 16
MAX_MEMORY = 128 * 2**20


@dataclass
class Seat:
    """One run of the bench with what the store has of it.

    `bookmarks` are [step, name], in order of step. `run` is None where it could not be had; `problem` then says why,
    and `found` is what the store has. `stored_events` (how many) and `stored_checkpoint` (its step) are on the disk
    already. `needs` names the dataset that a run waits for, because it learned from that and it is not here.
    """

    id: str
    name: str
    run: Run | None
    parent: str | None = None
    parent_step: int | None = None
    stored_events: int = 0
    stored_checkpoint: int = -1
    problem: str = ""
    needs: str = ""
    bookmarks: list[list[Any]] = field(default_factory=list)
    found: RunRecord | None = field(default=None, repr=False)

    @property
    def moving(self) -> bool:
        """Whether there is a further update to make."""
        return self.run is not None and self.run.stopped is None

    def record(self, *, event: Event | None = None, caches: bool = False) -> RunRecord:
        """What to store: progress, the events that are not on the disk, with `event` about to happen as the last one.

        `caches` adds the curves, and a checkpoint where there is one newer than the stored one.
        """
        run = self.run
        fresh = [*run.events[self.stored_events :], *([event] if event else [])]
        record = RunRecord(
            id=self.id,
            name=self.name,
            config=run.config.to_json(),
            data_sha256=run.dataset.sha256,
            parent=self.parent,
            parent_step=self.parent_step,
            step=run.step,
            head=run.head,
            stopped=run.stopped or "",
            events=[one.to_dict() for one in fresh],
            first_event=self.stored_events,
            bookmarks=self.bookmarks,
        )
        if caches:
            record.curves = run.curve_bytes()
            if run.newest_checkpoint > self.stored_checkpoint:
                record.checkpoint = run.checkpoint()
        return record

    def stored(self, record: RunRecord) -> None:
        """`record` is on the disk."""
        self.stored_events = max(self.stored_events, record.first_event + len(record.events))
        if record.checkpoint is not None:
            self.stored_checkpoint = record.checkpoint[0]


def begun(config: RunConfig) -> Run:
    """A new run on data that is on this machine; DataUnavailable, at once, where it is not."""
    return Run(config, dataset=DATASETS[config.dataset].here(**config.dataset_args))


def new_seat(run: Run, name: str, parent: Seat | None = None, parent_step: int | None = None) -> Seat:
    """A seat for a run that is not stored yet."""
    return Seat(secrets.token_hex(6), name, run, parent.id if parent else None, parent_step)


def found_seat(record: RunRecord) -> Seat:
    """A seat for a stored run: computed again up to its furthest step and wound to where it stood."""
    seat = Seat(record.id, record.name, None, record.parent, record.parent_step, len(record.events), found=record)
    seat.bookmarks = [list(bookmark) for bookmark in record.bookmarks]
    try:
        config = RunConfig.from_json(record.config)
        seat.needs = config.dataset
        DATASETS[config.dataset].here(**config.dataset_args)  # says at once that it is not, where restoring would wait
        run = Run.restore(
            config,
            list(record.events),
            record.head,
            checkpoint=record.checkpoint[1] if record.checkpoint else None,
            curves=record.curves,
            earlier=record.earlier,
            sha256=record.data_sha256,
        )
        seat.run = run.goto(record.step)
        seat.stored_checkpoint = record.checkpoint[0] if record.checkpoint else -1
        seat.found, seat.needs = None, ""
    except DataUnavailable as problem:
        seat.problem = str(problem)
    except ValueError as problem:
        seat.problem, seat.needs = str(problem), ""
    return seat


class Bench:
    """Up to MAX_RUNS seats, one of them shown."""

    def __init__(self):
        self.seats: dict[str, Seat] = {}
        self.shown = ""

    def seat(self, run: str | None = None) -> Seat:
        """The seat of a run, or the shown one. Raises ValueError with a sentence where there is none."""
        wanted = run or self.shown
        if wanted not in self.seats:
            missing = (
                f"There is no run {wanted!r} on the bench." if wanted else "There is no run here; choose a preset."
            )
            raise ValueError(missing)
        return self.seats[wanted]

    def loaded(self, run: str | None = None) -> Seat:
        """Like `seat`, and ValueError where that run could not be had."""
        seat = self.seat(run)
        if seat.run is None:
            raise ValueError(seat.problem)
        return seat

    @property
    def runs(self) -> list[Run]:
        return [seat.run for seat in self.seats.values() if seat.run is not None]

    @property
    def moving(self) -> list[Run]:
        """The runs that have a further update to make."""
        return [seat.run for seat in self.seats.values() if seat.moving]

    @property
    def step(self) -> int:
        """The common step: the furthest that any run of the bench stands at."""
        return max((run.step for run in self.runs), default=0)

    def put(self, seat: Seat, *, instead_of: str | None = None) -> None:
        """Give a run a seat and show it, in the place of another one or beside all. All then stand at its step.

        Raises ValueError where the bench is full.
        """
        if instead_of not in self.seats and len(self.seats) >= MAX_RUNS:
            raise ValueError(f"{MAX_RUNS} runs are being trained together already; remove one first.")
        seats = [seat if key == instead_of else old for key, old in self.seats.items()]
        self.seats = {one.id: one for one in (*seats, seat)}
        self.shown = seat.id
        self.share_memory()
        if seat.run is not None and len(self.runs) > 1:
            self.goto(min(seat.run.step, *(run.head for run in self.runs)))

    def share_memory(self) -> None:
        """Let the runs' checkpoints take up MAX_MEMORY in all."""
        for run in self.runs:
            run.limit_checkpoints(min(MEMORY, MAX_MEMORY // len(self.runs)))

    def remove(self, run: str) -> None:
        """Take a run off the bench; it stays in the store. Raises ValueError where it is the only one."""
        self.seat(run)
        if len(self.seats) == 1:
            raise ValueError("This is the only run here; begin another one before you remove it.")
        del self.seats[run]
        if self.shown == run:
            self.shown = next(iter(self.seats))

    def advance(self, updates: int) -> int:
        """Train every moving run for `updates` updates; returns how many were done by the one that did most."""
        return max((run.advance(steps=updates) for run in self.moving), default=0)

    def goto(self, step: int) -> None:
        """Wind every run to `step`, or as far as it has come. Raises ValueError beyond the furthest step of all."""
        head = max((run.head for run in self.runs), default=0)
        if step > head:
            raise ValueError(f"goto: update {step:,} has not been made yet; the furthest is {head:,}.")
        for run in self.runs:
            run.goto(min(step, run.head))
