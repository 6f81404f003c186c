"""What a choice may be told: the arguments of initializers, optimizers and schedules, each with default and range.

Menus draw a field for every argument, files and links are checked against the same ranges, so that a choice means the
same wherever it is made.
"""

import math
import numbers
from dataclasses import dataclass

import numpy as np

__all__ = ["Argument", "array_of", "check_arguments", "choose", "number", "shown", "whole"]


@dataclass(frozen=True)
class Argument:
    """One number that a choice takes: its default, the range it must lie in, and a few words for the menu.

    `whole` asks for a whole number; `open_low` and `open_high` leave out the range's end itself.
    """

    default: float
    low: float = -math.inf
    high: float = math.inf
    words: str = ""
    whole: bool = False
    open_low: bool = False
    open_high: bool = False

    @property
    def range(self):
        """The range in words, such as "at least 0 and below 1"."""
        parts = []
        if self.low > -math.inf:
            parts.append(f"above {self.low:g}" if self.open_low else f"at least {self.low:g}")
        if self.high < math.inf:
            parts.append(f"below {self.high:g}" if self.open_high else f"at most {self.high:g}")
        return " and ".join(parts) or "any finite number"

    def check(self, name, value):
        """`value` as a plain number; ValueError with a sentence that names the argument and its range otherwise."""
        value = number(name, value)
        low = value > self.low if self.open_low else value >= self.low
        high = value < self.high if self.open_high else value <= self.high
        if not (low and high):
            raise ValueError(f"{name} is {value:g}, but must be {self.range}.")
        if self.whole:
            if value != int(value):
                raise ValueError(f"{name} is {value:g}, but must be a whole number.")
            return int(value)
        return value


def number(name, value):
    """`value` as a finite float; a ValueError that names the argument for anything else (words, NaN, arrays, True)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(f"{name} is {shown(value)}, but must be a number.")
    try:
        found = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{name} is {shown(value)}, but must be a finite number.")
    return found


def shown(value):
    """The value as a sentence quotes it, cut short: it may come from a link."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, lists in lists in lists
        text = f"a {type(value).__name__} too long to show"
    return text if len(text) <= 40 else text[:37] + "..."


def check_arguments(owner, arguments, given):
    """Defaults of `arguments` overlaid with `given`, every value checked. `owner` names the choice in the sentences."""
    for name in given:
        if name not in arguments:
            allowed = ", ".join(arguments) or "no arguments"
            raise ValueError(f"{owner} does not take {shown(name)}; it takes {allowed}.")
    return {name: a.check(f"{owner}: {name}", given.get(name, a.default)) for name, a in arguments.items()}


def choose(table, kind, name):
    """`table[name]`, or a ValueError that lists the names there are. `kind` says what is being chosen ("loss")."""
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"There is no {kind} named {shown(name)}; choose one of: {', '.join(table)}.")
    return table[name]


def array_of(name, array, dimensions, dtype=None):
    """A copy of `array`, checked: its number of dimensions, its kind, and that it is finite."""
    array = np.asarray(array)
    if array.ndim != dimensions or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has shape {array.shape} and dtype {array.dtype}, but must be numbers in {dimensions} dimension"
            f"{'s' * (dimensions > 1)}."
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.float32
    array = np.array(array, dtype, order="C")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values, but must be finite.")
    return array


def whole(name, value, least):
    """`value` as an int of at least `least`, or a ValueError that names the argument."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} is {shown(value)}, but must be a whole number of at least {least}.")
    return int(value)
