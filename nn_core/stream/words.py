"""Words: a setting's value, short enough for a mark, a table or a chip; and what an exception says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bugs import BUGS
from ..datasets import DATASETS

#: Settings whose entry takes arguments, which stand beside its name, and where those are found.
_WITH_ARGUMENTS = {"optimizer": "optimizer_args", "schedule": "schedule_args", "init": "init_args"}


def in_words(setting: str, settings: Mapping[str, Any]) -> str:
    """The value of `settings[setting]`, with its arguments where it takes any."""
    value = settings[setting]
    if setting == "dataset":
        return _with(DATASETS[value].title, settings.get("dataset_args") or {})
    if setting == "sizes":
        return "-".join(map(str, value))
    if setting == "activations":
        return ", ".join(dict.fromkeys(value[:-1])) or value[-1]
    if setting == "bug":
        return ", ".join(BUGS[bug].title for bug in value) or "none"
    if setting == "batch_size" and value == "full":
        return "all at once"
    if setting in _WITH_ARGUMENTS:
        return _with(value.replace("_", " "), settings.get(_WITH_ARGUMENTS[setting]) or {})
    return _plain(value)


def _with(name: str, arguments: Mapping[str, Any]) -> str:
    return ", ".join([name, *(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in arguments.items())])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return _with("", value).removeprefix(", ") or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) if len(value) <= 6 else f"{len(value)} values"
    return str(value).replace("_", " ")


def reason(problem: Exception) -> str:
    """What an exception says, without a full stop, to stand within a sentence."""
    return str(problem).rstrip(".") or type(problem).__name__
