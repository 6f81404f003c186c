"""Events: what a learner did to a running network, with the update after which they did it.

A run is its configuration plus its events; applying the same events at the same updates gives the same run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .arguments import shown

#: The kinds of event and the values each carries; None: settings, by name.
EVENT_VALUES = {
    "change": None,
    "parameter": ("layer", "array", "index", "value"),
    "unit": ("layer", "index", "on"),
}


@dataclass(frozen=True)
class Event:
    """`kind` happened after `step` updates. `values` holds what EVENT_VALUES names for the kind."""

    step: int
    kind: str
    values: Mapping[str, Any]

    def to_dict(self) -> dict:
        """A plain dict of JSON values."""
        return {"step": self.step, "kind": self.kind, "values": dict(self.values)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Event:
        """Build from a plain dict. Raises ValueError naming what is missing or wrong."""
        if not isinstance(plain, Mapping) or set(plain) != {"step", "kind", "values"}:
            raise ValueError("An event needs exactly a step, a kind and values.")
        step, kind, values = plain["step"], plain["kind"], plain["values"]
        if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= 10**12:
            raise ValueError(f"event step: {shown(step)} is not a whole number of at least 0.")
        if not isinstance(kind, str) or kind not in EVENT_VALUES:
            raise ValueError(f"event kind: there is no {shown(kind)}; choose one of {', '.join(EVENT_VALUES)}.")
        if not isinstance(values, Mapping):
            raise ValueError("event values: give an object of names and values.")
        return cls(step, kind, dict(values))
