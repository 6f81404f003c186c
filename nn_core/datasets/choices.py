"""Arguments of datasets that are not plain numbers: one name of several, some names of several, and values with rules
of their own. They are used like Argument: a default, words for the menu, and `check(name, value)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..arguments import shown


@dataclass(frozen=True)
class OneOf:
    """One of the names or numbers in `choices`."""

    default: Any
    choices: tuple
    words: str = ""

    def check(self, name: str, value: Any) -> Any:
        """The choice; ValueError with a sentence for anything else."""
        for choice in self.choices:
            if value == choice and not isinstance(value, bool):
                return choice
        raise ValueError(f"{name} is {shown(value)}, but must be one of {listed(self.choices)}.")


@dataclass(frozen=True)
class SomeOf:
    """At least one of the names in `choices`."""

    default: tuple
    choices: tuple
    words: str = ""

    def check(self, name: str, value: Any) -> list:
        """The chosen names in the table's order, each once, so that equal choices give equal data; else ValueError."""
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"{name} is {shown(value)}, but must be a list of some of {listed(self.choices)}.")
        for one in value:
            if one not in self.choices:
                raise ValueError(f"{name} holds {shown(one)}, but may hold only {listed(self.choices)}.")
        return [choice for choice in self.choices if choice in value]


@dataclass(frozen=True)
class Ruled:
    """A value with its own rule: `rule(value)` gives the value to keep, or raises ValueError with a sentence."""

    default: Any
    rule: Callable[[Any], Any]
    words: str = ""

    def check(self, name: str, value: Any) -> Any:
        """The value in its plain form; ValueError with a sentence."""
        return self.rule(value)


def listed(choices: tuple) -> str:
    """The choices as a sentence lists them."""
    return ", ".join(map(str, choices))
