"""Publishing: what goes into whose frame, and when.

Every frame carries the numbers that all pages show (step, loss, accuracy, ...) for each run it is about, and the
results of the probes that are due. What two viewers ask for alike is computed once.
"""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..drawing import Strokes
from ..probes import PROBES, View
from ..schedules import SCHEDULES
from .bench import Bench, Seat
from .frames import encode
from .viewers import FRAME_BYTES, SHARE, SPARE_SHARE, Delivery, Subscription, Viewer
from .words import reason

Result = tuple[dict[str, Any], dict[str, np.ndarray]]


class Publisher:
    """Sends frames of a bench's runs to viewers. `problem` is "" or the sentence of the last probe that failed."""

    def __init__(self, bench: Bench, send: Callable[[int, bytes], None]):
        self.viewers: dict[int, Viewer] = {}
        self.problem = ""
        #: What pages look at: the learner's own drawing, whether it is shown, and the pinned unit (layer, place).
        self.strokes: Strokes = ()
        self.drawn = False
        self.pin: tuple[int, int] | None = None
        #: Whether the network learns as fast as it can, so that whatever looks at it slows it down.
        self.hurried = True
        self._still = True
        self._bench = bench
        self._send = send
        self._version = 0
        self._views: dict[str, View] = {}
        self._results: dict[tuple[str, str], Result] = {}

    def changed(self) -> None:
        """Something that frames show is not as it was."""
        self._version += 1
        self._views.clear()
        self._results.clear()

    def wait(self, now: float) -> float:
        """Seconds from `now` until a frame is due to anybody."""
        waits = [viewer.wait(now) for viewer in self.viewers.values() if viewer.wants(self._version)]
        return min(waits, default=math.inf)

    def publish(self, now: float, *, still: bool, playing: bool, look: int) -> None:
        """Send every frame that is due at `now`. `still`: nothing is learning; `look`: the held-out row to look at."""
        self._still = still
        for viewer in self.viewers.values():
            if not viewer.wants(self._version) or viewer.wait(now) > 0:
                continue
            try:
                frame = self._frame(viewer, now, still, playing, look)
            except Exception as problem:
                traceback.print_exc(file=sys.stderr)
                self.problem = f"This page's pictures cannot be drawn: {reason(problem)}."
                viewer.give_up(self._version)
            else:
                self._send(viewer.number, frame)

    def view(self, seat: Seat) -> View:
        """The seat's run as probes see it now."""
        if seat.id not in self._views:
            self._views[seat.id] = View(seat.run, still=self._still, strokes=self.strokes)
        return self._views[seat.id]

    def _frame(self, viewer: Viewer, now: float, still: bool, playing: bool, look: int) -> bytes:
        seats = {key: seat for key, seat in self._bench.seats.items() if seat.run is not None}
        sections = {key: self._section(seats[key], playing) for key in self._asked_for(viewer, seats)}
        used, waiting = 0, False
        for wanted, run, had in viewer.due(
            PROBES, self._bench.shown, list(seats), self._version, now, still, SHARE if self.hurried else SPARE_SHARE
        ):
            expected = had.size or PROBES[wanted.probe].max_bytes
            if used and used + expected > FRAME_BYTES:
                waiting = True
                continue
            result = self._ask(seats[run], wanted, had, look)
            if result is None:
                continue
            scalars, arrays = result
            if PROBES[wanted.probe].incremental and had.rows == scalars["start"] and had.size:
                had.version, had.at = self._version, now  # nothing new since the last time
                continue
            section = sections[run]
            section["scalars"].update({f"{wanted.key}.{name}": value for name, value in scalars.items()})
            section["arrays"].update({f"{wanted.key}.{name}": array for name, array in arrays.items()})
            had.size = sum(array.nbytes for array in arrays.values())
            used += had.size
            if PROBES[wanted.probe].incremental and had.rows < scalars["total"]:
                waiting = True  # its next piece comes with the next frame
            elif still and PROBES[wanted.probe].rotates and self._turns_left(had, scalars, arrays):
                waiting, had.at = True, now  # at a standstill all its parts come, in turn with what else waits
            else:
                had.version, had.at = self._version, now
        viewer.sent(self._version, now, waiting)
        return encode(sections.values())

    def _turns_left(self, had: Delivery, scalars: dict[str, Any], arrays: dict[str, np.ndarray]) -> bool:
        """Whether parts of this version are still missing, of a probe that gives one part after another."""
        if had.round[0] != self._version:
            had.round = (self._version, had.turn - 1)
        parts = math.ceil(scalars["units"] / max(1, len(next(iter(arrays.values())))))
        return had.turn - had.round[1] < parts

    def _asked_for(self, viewer: Viewer, seats: Mapping[str, Seat]) -> list[str]:
        """The runs that a viewer's frame is about, the shown one first."""
        asked = [self._bench.shown] if self._bench.shown in seats else []
        for wanted in viewer.subscriptions:
            asked += wanted.runs(self._bench.shown, seats)
        return list(dict.fromkeys(asked))

    def _section(self, seat: Seat, playing: bool) -> dict[str, Any]:
        view = self.view(seat)
        return {"run": seat.id, "step": view.step, "scalars": always(view, seat, playing), "arrays": {}}

    def _ask(self, seat: Seat, wanted: Subscription, had: Delivery, look: int) -> Result | None:
        """A probe's result for a run, split into scalars and arrays; None where it failed, which it does only once."""
        probe = PROBES[wanted.probe]
        args = dict(wanted.args)
        if "sample" in probe.arguments and args.get("sample") is None:
            args["sample"] = look
            if "drawn" in probe.arguments:
                args["drawn"] = int(self.drawn)
        if probe.pinned and args.get("unit") is None:
            args["layer"], args["unit"] = self.pin or (None, None)
        if probe.incremental:
            args["start"] = had.rows
        if probe.rotates:
            args["turn"] = had.turn
            had.turn += 1
        asked = (seat.id, f"{wanted.probe} {sorted(args.items())}")
        if asked not in self._results:
            begin = time.perf_counter()
            try:
                given = probe(self.view(seat), **args)
            except Exception as problem:
                had.refused = True
                if not isinstance(problem, ValueError):
                    traceback.print_exc(file=sys.stderr)
                self.problem = f"The picture {wanted.key!r} cannot be drawn: {reason(problem)}."
                return None
            had.cost += 0.3 * (time.perf_counter() - begin - had.cost)
            arrays = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
            self._results[asked] = ({name: value for name, value in given.items() if name not in arrays}, arrays)
        scalars, arrays = self._results[asked]
        if probe.incremental:
            had.rows = scalars["start"] + len(next(iter(arrays.values()), ()))
        return scalars, arrays


def always(view: View, seat: Seat, playing: bool) -> dict[str, Any]:
    """The numbers that every frame carries. Accuracies and losses but the last update's are View.point's."""
    settings = view.settings
    rate = settings["learning_rate"]
    if settings["schedule"] != "constant":
        rate = SCHEDULES[settings["schedule"]](view.step, rate, **settings["schedule_args"])
    numbers = {
        "step": view.step,
        "epoch": view.epoch,
        "loss": view.last_loss,
        "learning_rate": rate,
        "batch_size": settings["batch_size"],
        "seen": view.seen,
        "head": view.head,
        "playing": int(playing),
        "stopped": seat.run.stopped or "",
    }
    numbers.update(zip(_OF_CURVE, view.point, strict=True))
    return numbers


#: What frames call the columns of the last curve point.
_OF_CURVE = ("heldout_step", "train_loss", "accuracy", "heldout_loss", "heldout_accuracy")
