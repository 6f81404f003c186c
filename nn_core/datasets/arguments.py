"""What a dataset may be asked for: each argument with its default, its bounds and a line that explains it.
Menus draw these, links are checked against them, and a value that does not fit is answered with one sentence.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Argument:
    """One argument: a number between `low` and `high`, one of `choices`, or several of them (`many`).

    `whole` numbers are integers. `check`, where given, replaces the rules above: it maps the value to the one to keep
    or raises ValueError with a sentence.
    """

    default: Any
    what: str
    low: float | None = None
    high: float | None = None
    whole: bool = False
    choices: tuple | None = None
    many: bool = False
    check: Callable[[Any], Any] | None = None

    def checked(self, name: str, value: Any) -> Any:
        """The value in its plain JSON form, or ValueError with a sentence that says what is allowed."""
        if self.check is not None:
            return self.check(value)
        if self.many:
            return self._several(name, value)
        if self.choices is not None:
            for choice in self.choices:
                if value == choice and isinstance(value, bool) == isinstance(choice, bool):
                    return choice
            raise ValueError(f"{name} is {_shown(value)}, but must be one of {_listed(self.choices)}.")
        return self._number(name, value)

    def _several(self, name: str, value: Any) -> list:
        """The chosen ones in the table's order, each once, so that equal choices give equal data."""
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise ValueError(f"{name} is {_shown(value)}, but must be a list of some of {_listed(self.choices)}.")
        for one in value:
            if one not in self.choices:
                raise ValueError(f"{name} holds {_shown(one)}, but may hold only {_listed(self.choices)}.")
        if not value:
            raise ValueError(f"{name} is empty, but must hold at least one of {_listed(self.choices)}.")
        return [choice for choice in self.choices if choice in value]

    def _number(self, name: str, value: Any) -> int | float:
        kind = "a whole number" if self.whole else "a number"
        allowed = f"{kind} from {self.low:,} to {self.high:,}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} is {_shown(value)}, but must be {allowed}.")
        if self.whole and value != int(value):
            raise ValueError(f"{name} is {_shown(value)}, but must be {allowed}.")
        if not self.low <= value <= self.high:
            raise ValueError(f"{name} is {_shown(value)}, but must be {allowed}.")
        return int(value) if value == int(value) else float(value)


def checked_arguments(what: str, arguments: dict[str, Argument], given: dict[str, Any]) -> dict[str, Any]:
    """Every argument, given or by default, in the table's order; ValueError with a sentence for a wrong one."""
    for name in given:
        if name not in arguments:
            raise ValueError(f"{what} has no argument {_shown(name)}; it has {_listed(tuple(arguments))}.")
    return {name: argument.checked(name, given.get(name, argument.default)) for name, argument in arguments.items()}


def _shown(value: Any) -> str:
    """The value as a sentence quotes it, cut short: it may come from a link."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(choices: tuple) -> str:
    return ", ".join(str(choice) for choice in choices)
