"""Orders about the past: one update back, bookmarks, the list of all runs, and runs that come from or go elsewhere.

Each method is a command of the table, as in orders.py, and answers what is told besides "ok".
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from ..sharing import MAX_BOOKMARKS, Replay, read, share, to_link
from ..weights import pack_weights
from .bench import Bench, Seat, new_seat
from .keeping import Keeper
from .listing import listed
from .saving import Saver

Answer = dict[str, Any] | None

#: Weights of more bytes than this are not sent to a page.
MOST_WEIGHTS = 16 * 2**20


class History:
    """Carries out the commands. `place(seat, beside)` puts a run on the bench and shows it, `store()` waits until the
    bench is on the disk, `altered()` says that frames and settings are not as they were."""

    def __init__(
        self,
        bench: Bench,
        keeper: Keeper,
        saver: Saver,
        place: Callable[[Seat, bool], dict[str, Any]],
        store: Callable[[], dict[str, Any]],
        pause: Callable[[], None],
    ):
        self._bench, self._keeper, self._saver = bench, keeper, saver
        self._place, self._store, self._pause = place, store, pause
        self._opening: tuple[Replay, bool] | None = None
        #: What became of the last run that was opened, as a sentence, or "".
        self.news = ""

    # -- where it stands -----------------------------------------------------------------------------------------------

    def back(self, n: int) -> Answer:
        """Wind every run back by some updates."""
        self._bench.loaded()
        self._bench.goto(max(0, self._bench.step - n))
        self._pause()
        return {"step": self._bench.step}

    def bookmark(self, run: str | None, step: int | None, name: str, on: bool) -> Answer:
        """Set a bookmark at an update (by default the present one), or take it away."""
        seat = self._bench.loaded(run)
        step = seat.run.step if step is None else step
        if step > seat.run.head:
            raise ValueError(f"bookmark: update {step:,} has not been made yet; the furthest is {seat.run.head:,}.")
        others = [bookmark for bookmark in seat.bookmarks if bookmark[0] != step]
        if on and len(others) >= MAX_BOOKMARKS:
            raise ValueError(f"bookmark: this run has {MAX_BOOKMARKS} bookmarks already; take one away first.")
        seat.bookmarks = sorted([*others, [step, name]] if on else others)
        return {"run": seat.id, "step": step, **self._store()}

    # -- all runs ------------------------------------------------------------------------------------------------------

    def runs(self) -> Answer:
        """Every run of this workbench, for a list."""
        self._keeper.save(wait=True, caches=True)
        return {"runs": [listed(run, run.id in self._bench.seats) for run in self._saver.runs()]}

    def delete(self, run: str) -> Answer:
        """Forget a run for good."""
        if run in self._bench.seats:
            raise ValueError("This run is being looked at; open another one before you delete it.")
        self._saver.delete(run)
        return None

    def rename(self, run: str | None, name: str) -> Answer:
        """Name a run, which also keeps it from expiring."""
        if run is not None and run not in self._bench.seats:
            self._saver.rename(run, name)
            return None
        self._bench.seat(run).name = name
        return self._store()

    # -- sharing -------------------------------------------------------------------------------------------------------

    def share(self, run: str | None) -> Answer:
        """The run as a text and, where it is short enough, as a part of a link."""
        seat = self._bench.loaded(run)
        text = share(seat.run, name=seat.name, bookmarks=seat.bookmarks)
        try:
            return {"text": text, "link": to_link(text), "note": ""}
        except ValueError as problem:
            return {"text": text, "link": None, "note": str(problem)}

    def weights(self, run: str | None) -> Answer:
        """The weights where the run stands, as an .npz in base64."""
        network = self._bench.loaded(run).run.network
        size = sum(array.nbytes for layer in network.layers for array in (layer.W, layer.b) if array is not None)
        if size > MOST_WEIGHTS:
            raise ValueError(
                f"This network has {size / 2**20:.0f} MB of weights; a page can take {MOST_WEIGHTS / 2**20:.0f} MB."
            )
        return {"npz": base64.b64encode(pack_weights(network)).decode()}

    def open(self, text: str, beside: bool) -> Answer:
        """Begin to compute a shared run again; `work` goes on with it."""
        self._pause()
        self.news = ""
        shared = read(text)
        self._opening = (Replay(shared), beside)
        return {"step": shared.step, "exact": shared.exact}

    def cancel(self) -> Answer:
        """Give up the run that is being opened."""
        self._opening = None
        return None

    @property
    def opening(self) -> dict[str, int] | None:
        """How far the run is that is being opened; None where none is."""
        if self._opening is None:
            return None
        replay = self._opening[0]
        return {"step": replay.run.step, "of": replay.shared.step}

    def work(self, seconds: float) -> bool:
        """Go on for some seconds with the run that is being opened; True where it arrived.

        Raises ValueError or DataUnavailable with a sentence where it turns out to be impossible.
        """
        replay, beside = self._opening
        try:
            if not replay.work(seconds):
                return False
        except Exception:
            self._opening = None
            raise
        self._opening = None
        self._pause()
        seat = new_seat(replay.run, replay.shared.name)
        seat.bookmarks = [list(bookmark) for bookmark in replay.shared.bookmarks]
        self._place(seat, beside)
        self.news = replay.verdict
        return True
