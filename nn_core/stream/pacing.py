"""How many updates are due: the speeds a learner chooses among, and the clock that keeps them.

At up to 60 updates a second each one is drawn, so they are dealt out one at a time; faster speeds are dealt out in
handfuls. A machine that cannot keep up falls behind for good instead of racing to catch up afterwards.
"""

from __future__ import annotations

#: Updates a second for each name in the menu; None is as fast as the machine can.
SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "30": 30.0, "300": 300.0, "full": None}

#: Up to this many updates a second, every update gets a frame of its own.
EVERY_UPDATE_UP_TO = 60.0

#: What a clock may be behind before it gives the rest up, in seconds.
_MOST_BEHIND = 0.1

#: How many seconds' worth of updates make a handful.
_HANDFUL = 1 / 60

#: Forgives the rounding of products such as 4/300 * 300.
_ROUNDING = 1e-6


class Pacer:
    """Deals out updates at one speed; all times are in seconds of one monotonic clock."""

    def __init__(self, speed: str, now: float):
        self.set(speed, now)

    def set(self, speed: str, now: float) -> None:
        """Go at another speed from `now` on; the first update is due at once."""
        self.speed = speed
        self._rate = SPEEDS[speed]
        self._next = now

    @property
    def unlimited(self) -> bool:
        return self._rate is None

    def due(self, now: float) -> int | None:
        """How many updates are due at `now`, or None where there is no limit."""
        if self._rate is None:
            return None
        if now < self._next:
            return 0
        if self._rate <= EVERY_UPDATE_UP_TO:
            return 1
        return 1 + int((now - self._next) * self._rate + _ROUNDING)

    def done(self, updates: int, now: float) -> None:
        """So many updates have been made."""
        if self._rate is not None:
            self._next = max(self._next + updates / self._rate, now - _MOST_BEHIND)

    def wait(self, now: float) -> float:
        """Seconds from `now` until it is worth asking again."""
        if self._rate is None:
            return 0.0
        gather = 0.0 if self._rate <= EVERY_UPDATE_UP_TO else _HANDFUL - 1 / self._rate
        return max(0.0, self._next + gather - now)
