"""What a worker can be told: a table of commands, each with the arguments that it takes and their limits.

Messages come from anybody's browser, so nothing in them is believed: `check_command` refuses unknown commands and keys,
wrong types and numbers out of range with a sentence. What an argument means to a run (is there such a layer?) is for
the run to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..drawing import Strokes, check_strokes
from ..experiment import MAX_TRIALS
from ..gallery import GALLERY
from ..lessons import WAYS
from ..sharing import MAX_TEXT
from .pacing import SPEEDS

#: A message from a browser is no longer than this, in bytes.
MAX_MESSAGE = 64 * 1024

MAX_PROBES = 24
MAX_CREDITS = 8
MAX_RATE = 60.0
MAX_STEPS = 1_000_000
MAX_STEP = 10**12
MAX_SEED = 2**32 - 1
MAX_VIEWERS = 32
MAX_REPEATS = 16

#: What can be done about data that is missing: try again, stop, or let a new run learn from the bundled digits.
DATA_WAYS = ("again", "stop", "bundled")

#: How the sample that pictures show can be chosen.
LOOKS = ("index", "next", "previous", "random", "class", "most_wrong")

Check = Callable[[str, Any], Any]


class Argument(NamedTuple):
    """One argument of a command: how it is checked, and what stands for it where it may be left out."""

    check: Check
    default: Any = None
    required: bool = False


def parse_message(text: str | bytes) -> dict[str, Any]:
    """A browser's message as a dict with a "cmd". Raises ValueError with a sentence for anything else."""
    size = len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else len(text)
    if size > MAX_MESSAGE:
        raise ValueError(f"A message may have {MAX_MESSAGE:,} bytes; this one has {size:,}.")
    try:
        message = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("A message has to be JSON; this one is not.") from None
    if not isinstance(message, dict) or not isinstance(message.get("cmd"), str):
        raise ValueError('A message has to be an object with a text under "cmd".')
    return message


def check_command(message: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The command's name and all its arguments, defaults filled in. Raises ValueError with a sentence.

    "id" (which the reply repeats) and "viewer" (whom it is for) may stand beside any command's own arguments.
    """
    name = message.get("cmd")
    if not isinstance(name, str) or name not in COMMANDS:
        raise ValueError(f"There is no command {_shown(name)}; there are {', '.join(COMMANDS)}.")
    arguments = COMMANDS[name]
    for key in message:
        if key not in arguments and key not in ("cmd", "id", "viewer"):
            known = ", ".join(key for key in arguments if key != "viewer") or "no arguments"
            raise ValueError(f"{name} takes no {_shown(key)}; it takes {known}.")
    checked = {}
    for key, argument in arguments.items():
        if message.get(key) is not None:
            checked[key] = argument.check(f"{name}: {key}", message[key])
        elif argument.required:
            raise ValueError(f"{name} needs {key}.")
        else:
            checked[key] = argument.default
    return name, checked


def whole(low: int, high: int) -> Check:
    """Checks for a whole number in a range."""

    def check(name: str, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name} must be a whole number from {low:,} to {high:,}, not {_shown(value)}.")
        return value

    return check


def number(low: float, high: float) -> Check:
    """Checks for a finite number in a range."""

    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {_shown(value)}.")
        return float(value)

    return check


def text(longest: int) -> Check:
    """Checks for a text of one to `longest` characters."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            raise ValueError(f"{name} must be a text of 1 to {longest} characters, not {_shown(value)}.")
        return value

    return check


def document(name: str, value: Any) -> str:
    """Checks for a text that may be long, such as a shared run."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT:
        raise ValueError(f"{name} must be a text of 1 to {MAX_TEXT:,} characters.")
    return value


def one_of(choices: Any) -> Check:
    """Checks for one of some texts."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, not {_shown(value)}.")
        return value

    return check


def flag(name: str, value: Any) -> bool:
    """Checks for true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {_shown(value)}.")
    return value


def values(name: str, value: Any) -> dict[str, Any]:
    """Checks for an object of at most 32 names."""
    if not isinstance(value, dict) or len(value) > 32:
        raise ValueError(f"{name} must be an object of at most 32 names and values.")
    return value


def place(name: str, value: Any) -> int | list[int]:
    """Checks for an array's index: a whole number, or a list of one or two."""
    index = whole(0, 2**31 - 1)
    if isinstance(value, list) and 1 <= len(value) <= 2:
        return [index(name, part) for part in value]
    return index(name, value)


def label(name: str, value: Any) -> int | str:
    """Checks for a whole number or a short text: a sample's number, or the name of a class."""
    return text(80)(name, value) if isinstance(value, str) else whole(0, 2**31 - 1)(name, value)


def probes(name: str, value: Any) -> list[dict[str, Any]]:
    """Checks a list of subscriptions {key, probe, args, run}; the arguments are for the table of probes to check."""
    if not isinstance(value, list) or len(value) > MAX_PROBES:
        raise ValueError(f"{name} must be a list of at most {MAX_PROBES} subscriptions.")
    checked = []
    for place, wanted in enumerate(value):
        here = f"{name}[{place}]"
        if not isinstance(wanted, dict) or set(wanted) - {"key", "probe", "args", "run"}:
            raise ValueError(f"{here} must be an object of key, probe, args and run.")
        checked.append(
            {
                "key": text(40)(f"{here} key", wanted.get("key")),
                "probe": text(40)(f"{here} probe", wanted.get("probe")),
                "args": values(f"{here} args", wanted.get("args") or {}),
                "run": None if wanted.get("run") is None else text(40)(f"{here} run", wanted["run"]),
            }
        )
    if len({wanted["key"] for wanted in checked}) < len(checked):
        raise ValueError(f"{name}: every subscription needs a key of its own.")
    return checked


def strokes(name: str, value: Any) -> Strokes:
    """Checks for a drawing, see drawing.check_strokes."""
    try:
        return check_strokes(value)
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None


def beginnings(name: str, value: Any) -> list[dict[str, Any]]:
    """Checks a list of runs to begin, {preset, changes, name}; the changes are for the run's configuration to check."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_REPEATS:
        raise ValueError(f"{name} must be a list of 1 to {MAX_REPEATS} runs.")
    checked = []
    for place, wanted in enumerate(value):
        here = f"{name}[{place}]"
        if not isinstance(wanted, dict) or set(wanted) - {"preset", "changes", "name"}:
            raise ValueError(f"{here} must be an object of preset, changes and name.")
        checked.append(
            {
                "preset": text(80)(f"{here} preset", wanted.get("preset")),
                "changes": values(f"{here} changes", wanted.get("changes") or {}),
                "name": text(80)(f"{here} name", wanted["name"]) if wanted.get("name") else "",
            }
        )
    return checked


def trials(name: str, value: Any) -> list[Any]:
    """Checks for a list of an experiment's trials, each of which is for the experiment to check."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_TRIALS:
        raise ValueError(f"{name} must be a list of 1 to {MAX_TRIALS} trials.")
    return value


def anything(name: str, value: Any) -> Any:
    """Checks nothing: a guess, whose form is for its lesson to check."""
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _shown(value: Any) -> str:
    """A value as it may stand in a sentence."""
    shown = repr(value) if not isinstance(value, float) or math.isfinite(value) else "an endless number"
    return shown if len(shown) <= 60 else shown[:57] + "..."


_RUN = Argument(text(40))
_VIEWER = Argument(whole(0, 2**32 - 1), required=True)

#: Every command with its arguments.
COMMANDS: dict[str, dict[str, Argument]] = {
    "play": {},
    "pause": {},
    "step": {"n": Argument(whole(1, MAX_STEPS), 1)},
    "reset": {"seed": Argument(whole(0, MAX_SEED))},
    "speed": {"value": Argument(one_of(SPEEDS), required=True)},
    "change": {"run": _RUN, "values": Argument(values, required=True)},
    "parameter": {
        "run": _RUN,
        "layer": Argument(whole(0, 1000), required=True),
        "array": Argument(one_of(("W", "b")), required=True),
        "index": Argument(place, required=True),
        "value": Argument(number(-1e6, 1e6), required=True),
    },
    "unit": {
        "run": _RUN,
        "layer": Argument(whole(0, 1000), required=True),
        "index": Argument(whole(0, 2**31 - 1), required=True),
        "on": Argument(flag, required=True),
    },
    "new": {
        "preset": Argument(text(80)),
        "config": Argument(values),
        "changes": Argument(values),
        "beside": Argument(flag, False),
    },
    "compare": {"runs": Argument(beginnings, required=True)},
    "data": {"how": Argument(one_of(DATA_WAYS), required=True)},
    "test": {"run": _RUN},
    "gallery": {"entry": Argument(one_of(GALLERY), required=True)},
    "link": {"run": _RUN},
    "repeat": {"n": Argument(whole(1, MAX_REPEATS), required=True), "changes": Argument(values, {})},
    "goto": {"step": Argument(whole(0, MAX_STEP), required=True)},
    "back": {"n": Argument(whole(1, MAX_STEPS), 1)},
    "bookmark": {
        "run": _RUN,
        "step": Argument(whole(0, MAX_STEP)),
        "name": Argument(text(80), ""),
        "on": Argument(flag, True),
    },
    "fork": {"step": Argument(whole(0, MAX_STEP)), "changes": Argument(values, {}), "beside": Argument(flag, True)},
    "show": {"run": Argument(text(40), required=True), "beside": Argument(flag, False)},
    "remove": {"run": Argument(text(40), required=True)},
    "rename": {"run": _RUN, "name": Argument(text(80), required=True)},
    "runs": {},
    "delete": {"run": Argument(text(40), required=True)},
    "share": {"run": _RUN},
    "weights": {"run": _RUN},
    "open": {"text": Argument(document, required=True), "beside": Argument(flag, False)},
    "cancel": {},
    "draw": {"strokes": Argument(strokes, ())},
    "pin": {"layer": Argument(whole(0, 1000)), "unit": Argument(whole(0, 2**31 - 1))},
    "look": {"how": Argument(one_of(LOOKS), required=True), "value": Argument(label)},
    "viewer": {
        "viewer": _VIEWER,
        "probes": Argument(probes, required=True),
        "max_rate": Argument(number(0.1, MAX_RATE), MAX_RATE),
    },
    "credit": {"viewer": _VIEWER, "n": Argument(whole(1, MAX_CREDITS), required=True)},
    "rate": {"viewer": _VIEWER, "value": Argument(number(0.1, MAX_RATE), required=True)},
    "gone": {"viewer": _VIEWER},
    "hello": {
        "viewer": _VIEWER,
        "reduced_motion": Argument(flag, False),
        "data": Argument(one_of(("images", "plane"))),
        "preset": Argument(text(80)),
    },
    "lesson": {
        "name": Argument(text(40), required=True),
        "part": Argument(one_of(("question", "check")), "question"),
        "do": Argument(one_of(WAYS), "open"),
        "guess": Argument(anything),
        "value": Argument(number(-1e9, 1e9)),
    },
    "experiment": {"key": Argument(text(40), required=True), "trials": Argument(trials, required=True)},
    "answers": {},
    "describe": {},
    "get": {"run": _RUN},
}
