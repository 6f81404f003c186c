"""The saver: one thread of a worker that writes to the store, so that training need not wait for the disk.

Progress is handed over and forgotten; an event is waited for, because nothing is acknowledged before it is stored.
A disk that fails stops neither: `problem` then holds the sentence, and the next save tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unfinished
from typing import Any

from .store import Answer, Listed, RunRecord, Store, StoreProblem, Superseded

#: How long an event waits for the disk before it is called unsaved, in seconds.
PATIENCE = 10.0


class Saver:
    """Saves one workbench under one lease. Only `problem` and the futures are for other threads to read.

    `problem` is "" or the sentence why the last save failed; `superseded` is "" or the sentence that another worker has
    taken over, after which nothing is written any more.
    """

    def __init__(self, store: Store, token: str, owner: str):
        self.problem = ""
        self.superseded = ""
        self._store, self._token, self._owner = store, token, owner
        self._fence: int | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="saver")

    def open(self) -> tuple[dict[str, Any], list[RunRecord]]:
        """Take the lease and read what is stored; what can be read is, even where nothing can be written."""
        return self._thread.submit(self._open).result()

    def save(self, ui: Mapping[str, Any], runs: Sequence[RunRecord]) -> Future[bool]:
        """Write in the background. The result says whether it is on the disk."""
        return self._thread.submit(self._save, ui, runs)

    def read(self, run: str) -> RunRecord | None:
        """A run of this workbench from the store; StoreProblem where it cannot be read."""
        return self._thread.submit(self._store.run, self._token, run).result()

    def runs(self) -> list[Listed]:
        """Every run of this workbench; StoreProblem where they cannot be read."""
        return self._thread.submit(self._store.runs, self._token).result()

    def delete(self, run: str) -> None:
        """Forget a run for good; StoreProblem where that cannot be done."""
        self._thread.submit(self._leased, self._store.delete, run).result()

    def rename(self, run: str, name: str) -> None:
        """Name a run that is not loaded; StoreProblem where that cannot be done."""
        self._thread.submit(self._leased, self._store.rename, run, name).result()

    def answers(self) -> list[Answer]:
        """Every answer to a lesson; StoreProblem where they cannot be read."""
        return self._thread.submit(self._store.answers, self._token).result()

    def keep_answer(self, answer: Answer) -> None:
        """Write an answer to a lesson; StoreProblem where that cannot be done."""
        self._thread.submit(self._leased, self._store.keep_answer, answer).result()

    def wait(self, saved: Future[bool]) -> bool:
        """Wait for a save and say whether it is on the disk."""
        try:
            return saved.result(PATIENCE)
        except Unfinished:
            self.problem = f"The disk has not answered for {PATIENCE:.0f} seconds; what happens now may be lost."
            return False

    def close(self) -> None:
        """Finish what was handed over."""
        self._thread.submit(self._store.close)
        self._thread.shutdown()

    def _open(self) -> tuple[dict[str, Any], list[RunRecord]]:
        try:
            self._fence = self._store.take(self._token, self._owner)
        except StoreProblem as problem:
            self.problem = str(problem)
        try:
            return self._store.load(self._token)
        except StoreProblem as problem:
            self.problem = str(problem)
            return {}, []

    def _leased(self, write: Callable[..., None], *arguments: Any) -> None:
        if self._fence is None:
            self._fence = self._store.take(self._token, self._owner)
        write(self._token, self._fence, *arguments)

    def _save(self, ui: Mapping[str, Any], runs: Sequence[RunRecord]) -> bool:
        if self.superseded:
            return False
        try:
            if self._fence is None:
                self._fence = self._store.take(self._token, self._owner)
            self._store.save(self._token, self._fence, ui, runs)
        except Superseded as end:
            self.superseded = str(end)
            return False
        except StoreProblem as problem:
            self.problem = str(problem)
            return False
        self.problem = ""
        return True
