"""Initializers: the weights that learning starts from. Too small and signals die on their way, too large and they blow
up; the better ones choose the spread from the number of units on either side.

`INITIALIZERS[name](fan_in, fan_out, rng, dtype, **arguments)` gives W of shape (fan_in, fan_out), drawn from the
generator alone, so that a seed says it all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .arguments import Argument, check_arguments

__all__ = ["INITIALIZERS", "Initializer"]


@dataclass(frozen=True)
class Initializer:
    """One way to draw W. `arguments` maps what it can be told to an Argument (default and range)."""

    name: str
    formula: str
    source: str
    draw: Callable[..., np.ndarray]
    arguments: dict = field(default_factory=dict)

    def __repr__(self):
        return f"Initializer({self.name}: {self.formula})"

    def __call__(self, fan_in, fan_out, rng, dtype=np.float32, **given):
        """W (fan_in, fan_out) of `dtype`, drawn in float64 from `rng`, so that both dtypes get the same numbers."""
        chosen = check_arguments(self.name, self.arguments, given)
        return np.ascontiguousarray(self.draw(fan_in, fan_out, rng, **chosen), dtype=dtype)


def zeros(fan_in, fan_out, rng):
    return np.zeros((fan_in, fan_out))


def constant(fan_in, fan_out, rng, value):
    return np.full((fan_in, fan_out), value)


def normal(fan_in, fan_out, rng, mean, std):
    return mean + std * rng.standard_normal((fan_in, fan_out))


def uniform(fan_in, fan_out, rng, low, high):
    if low > high:
        raise ValueError(f"uniform: low is {low:g} and high is {high:g}, but low must not be above high.")
    return rng.uniform(low, high, (fan_in, fan_out))


def _normal_with(std):
    """Draws from N(0, std²), where std is a function of fan_in and fan_out."""
    return lambda fan_in, fan_out, rng: std(fan_in, fan_out) * rng.standard_normal((fan_in, fan_out))


def _uniform_with(limit):
    """Draws evenly from −limit to limit, where limit is a function of fan_in and fan_out; the spread is limit / √3."""
    return lambda fan_in, fan_out, rng: limit(fan_in, fan_out) * rng.uniform(-1.0, 1.0, (fan_in, fan_out))


def orthogonal(fan_in, fan_out, rng, gain):
    """Q of the QR decomposition of a normal matrix, signs set so that every rotation is equally likely."""
    q, r = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return gain * (q if fan_in >= fan_out else q.T)


INITIALIZERS = {
    initializer.name: initializer
    for initializer in (
        Initializer(
            "glorot_uniform",
            "U(−r, r), r = √(6 / (fan_in + fan_out))",
            "Glorot & Bengio 2010, eq. 16",
            _uniform_with(lambda fan_in, fan_out: math.sqrt(6.0 / (fan_in + fan_out))),
        ),
        Initializer(
            "glorot_normal",
            "N(0, 2 / (fan_in + fan_out))",
            "Glorot & Bengio 2010, eq. 12",
            _normal_with(lambda fan_in, fan_out: math.sqrt(2.0 / (fan_in + fan_out))),
        ),
        Initializer(
            "he_uniform",
            "U(−r, r), r = √(6 / fan_in)",
            "He et al. 2015, eq. 10, as a uniform of that variance",
            _uniform_with(lambda fan_in, fan_out: math.sqrt(6.0 / fan_in)),
        ),
        Initializer(
            "he_normal",
            "N(0, 2 / fan_in)",
            "He et al. 2015, eq. 10",
            _normal_with(lambda fan_in, fan_out: math.sqrt(2.0 / fan_in)),
        ),
        Initializer(
            "lecun_uniform",
            "U(−r, r), r = √(3 / fan_in)",
            "LeCun et al. 1998, Efficient BackProp, eq. 16, as a uniform of that variance",
            _uniform_with(lambda fan_in, fan_out: math.sqrt(3.0 / fan_in)),
        ),
        Initializer(
            "lecun_normal",
            "N(0, 1 / fan_in)",
            "LeCun et al. 1998, Efficient BackProp, eq. 16",
            _normal_with(lambda fan_in, fan_out: math.sqrt(1.0 / fan_in)),
        ),
        Initializer(
            "fan_out_normal",
            "N(0, 1 / fan_out)",
            "the backward half of Glorot & Bengio 2010, eq. 11",
            _normal_with(lambda fan_in, fan_out: math.sqrt(1.0 / fan_out)),
        ),
        Initializer(
            "orthogonal",
            "gain · Q, with Q'Q = 1",
            "Saxe, McClelland & Ganguli 2014; Mezzadri 2007 for the signs",
            orthogonal,
            {"gain": Argument(1.0, 0.0, 100.0, "how long each direction is made")},
        ),
        Initializer(
            "normal",
            "N(mean, std²)",
            "the bell curve",
            normal,
            {
                "mean": Argument(0.0, -100.0, 100.0, "the middle"),
                "std": Argument(0.1, 0.0, 100.0, "the spread"),
            },
        ),
        Initializer(
            "uniform",
            "U(low, high)",
            "every value equally likely",
            uniform,
            {
                "low": Argument(-0.5, -100.0, 100.0, "the smallest value"),
                "high": Argument(0.5, -100.0, 100.0, "the largest value"),
            },
        ),
        Initializer(
            "constant",
            "value",
            "every weight alike: the units stay alike for ever",
            constant,
            {"value": Argument(0.1, -100.0, 100.0, "what every weight is")},
        ),
        Initializer("zeros", "0", "every weight alike: the units stay alike for ever", zeros),
    )
}
