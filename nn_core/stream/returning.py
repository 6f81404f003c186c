"""Returning: stored runs are computed again by a thread, so that a long way back keeps nobody waiting for the rest.

Usually that takes a moment, thanks to checkpoints, and whoever asks waits for it. After a change of machine or of NumPy
it may take as long as the training did; the worker then serves everything else meanwhile.
"""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import replace

from .bench import Seat, found_seat
from .store import RunRecord
from .words import reason

#: How long a worker that starts waits for its runs before it goes on without them, in seconds.
PATIENCE = 3.0

SENTENCE = "This run is being computed again from its beginning; it is back as soon as that is done."


class Returning:
    """Runs on their way back. `seats` hold their places meanwhile, with a sentence instead of a run."""

    def __init__(self, records: Sequence[RunRecord]):
        self.seats = {one.id: Seat(one.id, one.name, None, problem=SENTENCE, found=one) for one in records}
        self._found: queue.SimpleQueue[Seat] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._compute, args=(records,), daemon=True, name="returning")
        self._thread.start()

    def wait(self) -> None:
        """Wait until all are back, but no longer than PATIENCE."""
        self._thread.join(PATIENCE)

    def take(self) -> list[Seat]:
        """Those that have come back since the last call; their places are theirs no longer."""
        back = []
        while not self._found.empty():
            back.append(self._found.get())
            del self.seats[back[-1].id]
        return back

    def _compute(self, records: Sequence[RunRecord]) -> None:
        for record in records:
            try:
                seat = found_seat(record)
            except Exception as problem:  # whatever is wrong with one run, the others are not to suffer from it
                traceback.print_exc(file=sys.stderr)
                seat = replace(self.seats[record.id], problem=f"This run cannot be brought back: {reason(problem)}.")
            self._found.put(seat)
