"""Viewers: who watches, what each asked for, and when which probe is due.

A viewer grants frames ahead (credits) and names a greatest rate. Within that, each probe comes at its own cadence while
the network learns, and once more when it stands still, so that every picture shows the same step. What does not fit
into one frame waits for the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..probes import CADENCES, STEADY, Probe
from .commands import MAX_CREDITS, MAX_RATE

#: A frame takes up no further probe once it has this many bytes; the rest follows in the next one.
FRAME_BYTES = 24_000

#: A probe whose cadence is not a steady one takes up at most this share of the time: the first while the network
#: learns as fast as it can, the second where there is time to spare. So a dear probe comes more rarely than its
#: cadence. A page asks for a few of them, which together stay below a twentieth.
SHARE, SPARE_SHARE = 0.01, 0.1

#: Names every run of the workbench in a subscription.
ALL_RUNS = "all"

#: A frame may be this much early, so that a clock's jitter does not halve the rate, in seconds.
_EARLY = 0.002


@dataclass
class Delivery:
    """What a viewer has of one probe of one run: version and time of the last result, its size, rows and turn, and the
    seconds that it took, lately."""

    version: int = -1
    at: float = -1e9
    size: int = 0
    rows: int = 0
    turn: int = 0
    round: tuple[int, int] = (-1, 0)  # of probes that come in turns: a version, and the turn with which it began
    refused: bool = False
    cost: float = 0.0


@dataclass
class Subscription:
    """One probe that a viewer asked for; `run` is a run's id, ALL_RUNS, or None for the run that is shown."""

    key: str
    probe: str
    args: dict[str, Any]
    run: str | None = None
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    def runs(self, shown: str, all_runs: Iterable[str]) -> list[str]:
        """The runs that it means now."""
        if self.run == ALL_RUNS:
            return list(all_runs)
        wanted = self.run or shown
        return [wanted] if wanted in all_runs else []

    def delivery(self, run: str) -> Delivery:
        return self.deliveries.setdefault(run, Delivery())

    @property
    def asks(self) -> str:
        """The same for two subscriptions whose results are the same."""
        return f"{self.probe} {json.dumps(self.args, sort_keys=True)}"


class Viewer:
    """One open page. `version` counts whatever makes frames differ; all times are in seconds of one monotonic clock."""

    def __init__(self, number: int):
        self.number = number
        self.credits = 0
        self.max_rate = MAX_RATE
        self.subscriptions: list[Subscription] = []
        self._version = -1
        self._waiting = False
        self._next = 0.0

    def subscribe(self, subscriptions: list[Subscription], max_rate: float) -> None:
        """Ask for other probes. What is asked for as before goes on where it was."""
        before = {(old.key, old.asks, old.run): old for old in self.subscriptions}
        self.subscriptions = [before.get((new.key, new.asks, new.run), new) for new in subscriptions]
        self.max_rate = max_rate
        self._version = -1

    def grant(self, frames: int) -> None:
        """Accept so many frames more."""
        self.credits = min(MAX_CREDITS, self.credits + frames)

    def wants(self, version: int) -> bool:
        """Whether there is news for it that it has room for."""
        return self.credits > 0 and (self._version != version or self._waiting)

    def wait(self, now: float) -> float:
        """Seconds from `now` until its rate allows another frame."""
        return max(0.0, self._next - _EARLY - now)

    def due(
        self,
        probes: Mapping[str, Probe],
        shown: str,
        runs: list[str],
        version: int,
        now: float,
        still: bool,
        share: float = SHARE,
    ) -> list[tuple[Subscription, str, Delivery]]:
        """The subscriptions and runs that are due, longest waited for first. `still`: nothing is learning now.

        While the network learns, a probe comes as often as its cadence and its `share` of the time allow, and every one
        when all stands still.
        """
        due = []
        for wanted in self.subscriptions:
            cadence = probes[wanted.probe].cadence
            interval = 1 / rate if (rate := CADENCES[cadence]) else 0.0
            for run in wanted.runs(shown, runs):
                had = wanted.delivery(run)
                rest = interval if cadence in STEADY else max(interval, had.cost / share)
                if had.version != version and not had.refused and (still or now - had.at >= rest - _EARLY):
                    due.append((wanted, run, had))
        due.sort(key=lambda one: one[2].at)
        return due

    def sent(self, version: int, now: float, waiting: bool) -> None:
        """A frame of `version` went out; `waiting` says that something due had no room in it or is not complete."""
        self.credits -= 1
        self._version, self._waiting = version, waiting
        interval = 1 / self.max_rate
        self._next = interval + (self._next if now - self._next < interval else now)

    def give_up(self, version: int) -> None:
        """No frame of `version` can be made; ask for nothing more until it is told to."""
        self.subscriptions = []
        self._version, self._waiting = version, False

    def ask_anew(self, probes: Iterable[str]) -> None:
        """Forget what was delivered of these probes: they now mean something else."""
        for wanted in self.subscriptions:
            if wanted.probe in probes:
                wanted.deliveries = {}

    def forget_runs(self, runs: Iterable[str]) -> None:
        """Drop what was noted of runs other than these."""
        keep = set(runs)
        for wanted in self.subscriptions:
            wanted.deliveries = {run: had for run, had in wanted.deliveries.items() if run in keep}
