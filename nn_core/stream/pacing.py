"""Play, pause, step and speed: how many updates are due now.

At up to 60 updates a second each one is drawn, so they are dealt out one at a time; faster speeds are dealt out in
handfuls. A machine that cannot keep up falls behind for good instead of racing to catch up afterwards.
"""

from __future__ import annotations

#: Updates a second for each name in the menu; None is as fast as the machine can.
SPEEDS: dict[str, float | None] = {"1": 1.0, "5": 5.0, "30": 30.0, "300": 300.0, "full": None}

#: Up to this many updates a second, every update gets a frame of its own.
EVERY_UPDATE_UP_TO = 60.0

#: What a player may be behind before it gives the rest up, in seconds.
_MOST_BEHIND = 0.1

#: How many seconds' worth of updates make a handful.
_HANDFUL = 1 / 60

#: Forgives the rounding of products such as 4/300 * 300.
_ROUNDING = 1e-6


class Player:
    """Deals out updates. All times are in seconds of one monotonic clock.

    `playing` is the learner's wish, None as long as there was none; `steps_left` are single steps still to be made,
    which go as fast as they can.
    """

    def __init__(self, speed: str):
        self.playing: bool | None = None
        self.steps_left = 0
        self.speed = speed
        self._next = 0.0

    @property
    def moving(self) -> bool:
        return bool(self.playing or self.steps_left)

    def play(self, now: float) -> None:
        """Go; the first update is due at once."""
        self.playing, self.steps_left, self._next = True, 0, now

    def pause(self) -> None:
        self.playing, self.steps_left = False, 0

    def step(self, updates: int) -> None:
        """Pause, after so many more updates."""
        self.steps_left = updates + self.steps_left
        self.playing = False

    def go_at(self, speed: str, now: float) -> None:
        """Another speed, from `now` on."""
        self.speed, self._next = speed, now

    def due(self, now: float) -> int | None:
        """How many updates are due at `now`, or None where there is no limit."""
        rate = SPEEDS[self.speed]
        if self.steps_left:
            return self.steps_left
        if not self.playing or (rate is not None and now < self._next):
            return 0
        if rate is None:
            return None
        return 1 if rate <= EVERY_UPDATE_UP_TO else 1 + int((now - self._next) * rate + _ROUNDING)

    def done(self, updates: int, now: float) -> None:
        """So many updates have been made; they were due at `now`."""
        rate = SPEEDS[self.speed]
        if self.steps_left:
            self.steps_left = max(0, self.steps_left - updates)
        elif rate is not None:
            self._next = max(self._next + updates / rate, now - _MOST_BEHIND)

    def wait(self, now: float) -> float:
        """Seconds from `now` until the next updates are due; endless at a standstill."""
        rate = SPEEDS[self.speed]
        if not self.moving:
            return float("inf")
        if self.steps_left or rate is None:
            return 0.0
        gather = 0.0 if rate <= EVERY_UPDATE_UP_TO else _HANDFUL - 1 / rate
        return max(0.0, self._next + gather - now)
