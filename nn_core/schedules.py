"""Schedules: the learning rate as a function of how many updates have been made, so that it needs no memory.

`SCHEDULES[name](step, base_rate, **arguments)` gives the rate of the update that follows `step` made ones: the first
update has step 0.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from .arguments import Argument, check_arguments, number

__all__ = ["SCHEDULES", "Schedule"]


@dataclass(frozen=True)
class Schedule:
    """One way for the learning rate to change. `arguments` maps what it can be told to an Argument."""

    name: str
    formula: str
    source: str
    rate: Callable[..., float]
    arguments: dict = field(default_factory=dict)

    def __repr__(self):
        return f"Schedule({self.name}: {self.formula})"

    def __call__(self, step, base_rate, **given):
        """The learning rate, a float, after `step` updates (a whole number of at least 0)."""
        chosen = check_arguments(self.name, self.arguments, given)
        base_rate = number("base_rate", base_rate)
        if base_rate < 0 or number("step", step) < 0:
            raise ValueError(f"step is {step} and base_rate is {base_rate}, but neither may be negative.")
        return self.rate(step, base_rate, **chosen)


def constant(step, base_rate):
    return base_rate


def staircase(step, base_rate, every, factor):
    return base_rate * factor ** (step // every)


def exponential(step, base_rate, factor, every):
    return base_rate * factor ** (step / every)


def cosine(step, base_rate, steps, final):
    done = min(step / steps, 1.0)
    return base_rate * (final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * done)))


def warmup(step, base_rate, steps):
    return base_rate * min((step + 1) / steps, 1.0)


def _updates(default, words):
    return Argument(default, 1, 1e9, words, whole=True)


def _factor(default, words):
    return Argument(default, 0.0, 1.0, words)


SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        Schedule("constant", "η", "the plain choice", constant),
        Schedule(
            "step",
            "η · factor^⌊t / every⌋",
            "as PyTorch's StepLR",
            staircase,
            {
                "every": _updates(1000, "updates on one stair"),
                "factor": _factor(0.5, "what the rate is multiplied by at each stair"),
            },
        ),
        Schedule(
            "exponential",
            "η · factor^(t / every)",
            "as PyTorch's ExponentialLR",
            exponential,
            {
                "factor": _factor(0.5, "what the rate is multiplied by over so many updates"),
                "every": _updates(1000, "updates in which it falls by that factor"),
            },
        ),
        Schedule(
            "cosine",
            "η · (final + (1 − final) (1 + cos(π t / steps)) / 2)",
            "Loshchilov & Hutter 2017, eq. 5, without restarts",
            cosine,
            {
                "steps": _updates(10_000, "updates until the rate is at its lowest"),
                "final": _factor(0.0, "the lowest rate, as a share of the first"),
            },
        ),
        Schedule(
            "warmup",
            "η · min((t + 1) / steps, 1)",
            "Goyal et al. 2017, section 2.2",
            warmup,
            {"steps": _updates(500, "updates until the rate is full")},
        ),
    )
}
