"""Supply: data that has to come from elsewhere is brought by a thread, while the worker goes on with what it has.

Two kinds of runs wait for data: new ones, which begin once it is here, and stored ones, which never take other data and
return when theirs is found again. Each dataset is tried for once by itself; after a failure the learner decides, or
the data appears by other means.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..datasets import DATASETS, DataUnavailable
from .bench import Bench, Seat, found_seat

#: Seconds between two looks whether data has appeared, and between two reports of how far it is.
LOOK_EVERY = 1.0
TELL_EVERY = 0.2

#: How long the worker's end waits for a download to let go, in seconds.
_LETTING_GO = 2.0


class Attempt(threading.Thread):
    """One attempt to bring a dataset. `done` and `total` count bytes; `problem` is a sentence once it has failed."""

    def __init__(self, dataset: str):
        super().__init__(daemon=True, name=f"bringing-{dataset}")
        self.dataset = dataset
        self.done = self.total = 0
        self.problem = ""
        self.cancel = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            DATASETS[self.dataset].prepare(self._progress, self.cancel)
        except DataUnavailable as problem:
            self.problem = str(problem)
        except Exception as problem:  # whatever it is: the learner shall read it instead of waiting for ever
            self.problem = f"{DATASETS[self.dataset].title} could not be brought here ({problem}); try again."

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class Supply:
    """What waits for data in a workbench. `begin(wanted)` begins new runs, or returns the dataset still missing.

    `wanted` is what was asked for and waits, in plain JSON, so that it can be stored with the workbench; else None.
    """

    def __init__(self, bench: Bench, begin: Callable[[dict[str, Any]], str | None]):
        self.wanted: dict[str, Any] | None = None
        self._needs = ""  # the dataset that `wanted` waits for
        self._bench, self._begin = bench, begin
        self._attempt: Attempt | None = None
        self._threads: list[Attempt] = []
        self._tried: dict[str, str] = {}  # by dataset: why the last attempt failed, "" where it did not
        self._absent: set[str] = set()
        self._looked = self._told = -LOOK_EVERY
        self._said = (0, 0)

    @property
    def busy(self) -> bool:
        """Whether something waits, so that `tend` has to be called now and then."""
        return bool(self.wanted or self._waiting())

    def want(self, wanted: dict[str, Any], dataset: str) -> None:
        """Begin these runs when the dataset is here. They take the place of others that were wanted."""
        self.wanted, self._needs = wanted, dataset
        self.again()

    def stored(self) -> dict[str, Any] | None:
        """What `want` takes, to be stored with the workbench; None where nothing new waits."""
        return {"wanted": self.wanted, "dataset": self._needs} if self.wanted else None

    def again(self) -> None:
        """Try once more to get what could not be had."""
        self._tried.clear()
        self._looked = -LOOK_EVERY

    def stop(self) -> None:
        """Stop bringing. A new run that waited is given up; a stored one goes on waiting."""
        self.wanted = None
        if self._attempt is not None:
            self._attempt.cancel.set()
            title = DATASETS[self._attempt.dataset].title
            self._tried[self._attempt.dataset] = f"Bringing {title} here was stopped; go on with it when you like."
            self._attempt = None

    def drop(self) -> None:
        """Another run was begun instead of the new one that waited."""
        if self.wanted is not None and not self._waiting():
            self.stop()
        self.wanted = None

    def close(self) -> None:
        """Let go of downloads before the process ends, so that the next one need not wait for that."""
        for thread in self._threads:
            thread.cancel.set()
        for thread in self._threads:
            thread.join(_LETTING_GO)

    def tend(self, now: float) -> bool:
        """Bring what is missing and begin what can be begun. Returns whether `status` is worth telling again."""
        changed = False
        attempt = self._attempt
        if attempt is not None and not attempt.is_alive():
            self._attempt = None
            self._tried[attempt.dataset] = attempt.problem
            changed = True
            if not attempt.problem:
                self._take(attempt.dataset)
        if changed or (self.busy and now - self._looked >= LOOK_EVERY):
            self._looked = now
            return self._look() or changed
        if attempt is None or now - self._told < TELL_EVERY or self._said == (attempt.done, attempt.total):
            return changed
        self._told, self._said = now, (attempt.done, attempt.total)
        return True

    def status(self) -> dict[str, Any] | None:
        """What the page has to say: {"title", "coming", "done", "total", "problem", "new"}; None where nothing waits.

        `coming`: it is being brought; `done` and `total`: bytes, 0 while unknown; `problem`: why it is not; `new`: a
        new run waits for it, which can as well learn from other data, else a stored one does.
        """
        missing = self._missing()
        if not missing:
            return None
        dataset, attempt = missing[0], self._attempt
        coming = attempt is not None and attempt.dataset == dataset
        problem = self._tried.get(dataset) or next((seat.problem for seat in self._waiting()), "")
        return {
            "title": DATASETS[dataset].title,
            "coming": coming,
            "done": attempt.done if coming else 0,
            "total": attempt.total if coming else 0,
            "problem": "" if coming else problem,
            "new": self.wanted is not None,
        }

    def _waiting(self) -> list[Seat]:
        return [seat for seat in self._bench.seats.values() if seat.needs]

    def _missing(self) -> list[str]:
        """The datasets that something waits for, a new run's first."""
        new = [self._needs] if self.wanted else []
        return list(dict.fromkeys([*new, *(seat.needs for seat in self._waiting())]))

    def _look(self) -> bool:
        """Take what has appeared by itself, and begin to bring what was not tried yet. Returns whether it did."""
        changed = False
        for dataset in self._missing():
            ready = DATASETS[dataset].ready()
            if ready and dataset in self._absent and self._attempt is None:
                self._take(dataset)
                changed = True
            elif dataset not in self._tried and self._attempt is None:
                self._attempt = Attempt(dataset)
                self._threads = [*(thread for thread in self._threads if thread.is_alive()), self._attempt]
                changed = True
            (self._absent.discard if ready else self._absent.add)(dataset)
        return changed

    def _take(self, dataset: str) -> None:
        """The dataset is here: stored runs that waited for it return, and new ones begin."""
        shown = self._bench.shown
        for seat in [seat for seat in self._waiting() if seat.needs == dataset]:
            self._bench.put(found_seat(seat.found), instead_of=seat.id)
        self._bench.shown = shown
        if self.wanted is not None and self._needs == dataset:
            wanted, self.wanted = self.wanted, None
            missing = self._begin(wanted)
            if missing is not None:
                self.wanted, self._needs = wanted, missing
