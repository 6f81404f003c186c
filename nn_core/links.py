"""Links: the choices of a run on the plane as a few short words in an address, and back.

    to_query(config)              # {"data": "spiral", "net": "8-8", "rate": "0.01"}
    from_query({"net": "8-8"})    # PLAYGROUND with two hidden layers of eight

Only what differs from TensorFlow Playground's starting point is written, so a link stays readable. What comes in is
checked against the same tables as every other choice; nothing in it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .config import CHANGEABLE, RunConfig
from .datasets import DATASETS
from .fitting import fitted
from .presets import PLAYGROUND

#: No part of a link is longer than this; 2,000 own dots take 14,000.
LONGEST = 16_000

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EXTENT = 6000  # a coordinate of 6 in thousandths


class Part(NamedTuple):
    """One word of a link: the field that it stands for, how it is written and how it is read."""

    field: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _number(text: str) -> float | int:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:20]!r} is not a number") from None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _figure(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _names(text: str) -> list[str]:
    return text.split(",")


def _widths(text: str) -> list:
    return [] if text == "0" else [_number(part) for part in text.split("-")]


def _mapping(text: str) -> dict[str, Any]:
    """key:value,key:value with numbers as values; a bare value stays a text."""
    found = {}
    for part in filter(None, text.split(",")):
        key, colon, value = part.partition(":")
        if not colon:
            raise ValueError(f"{part[:20]!r} has no colon")
        found[key] = _number(value)
    return found


def _pairs(values: Mapping[str, Any]) -> str:
    return ",".join(f"{key}:{_figure(value)}" for key, value in values.items())


def _number_or_name(text: str) -> float | str:
    return _number(text) if text[:1] in "+-.0123456789" else text


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _figure(value)


def _flag(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"{text[:20]!r} is neither on nor off")
    return text == "on"


def _dots(text: str) -> list[list]:
    """Own dots: seven signs each, three for a coordinate's thousandths in base 36 and one for the class."""
    if len(text) % 7:
        raise ValueError("its length is no multiple of seven")
    return [_dot(text[at : at + 7]) for at in range(0, len(text), 7)]


def _dot(text: str) -> list:
    try:
        x1, x2, one = int(text[:3], 36), int(text[3:6], 36), int(text[6], 36)
    except ValueError:
        raise ValueError(f"{text!r} is no dot") from None
    return [(x1 - _EXTENT) / 1000, (x2 - _EXTENT) / 1000, one]


def _dotted(points: list[list]) -> str:
    return "".join(_base36(x1) + _base36(x2) + _DIGITS[int(one)] for x1, x2, one in points)


def _base36(value: float) -> str:
    left = round(value * 1000) + _EXTENT
    return _DIGITS[left // 1296] + _DIGITS[left // 36 % 36] + _DIGITS[left % 36]


#: A link's words for the arguments of its data.
DATA: dict[str, Part] = {
    "n": Part("n", _figure, _number),
    "noise": Part("noise", _figure, _number),
    "share": Part("train_share", _figure, _number),
    "draw": Part("seed", _figure, _number),
    "classes": Part("classes", _figure, _number),
    "in": Part("features", ",".join, _names),
    "dots": Part("points", _dotted, _dots),
    "names": Part("labels", ",".join, _names),
}

#: A link's words for fields of RunConfig, and for those that `fitted` takes.
FIELDS: dict[str, Part] = {
    "data": Part("dataset", str, str),
    "net": Part("hidden", lambda value: "-".join(map(str, value)) or "0", _widths),
    "act": Part("hidden_activations", ",".join, _names),
    "loss": Part("loss", str, str),
    "init": Part("init", str, str),
    "init_with": Part("init_args", _pairs, _mapping),
    "bias": Part("bias_init", _plain, _number_or_name),
    "biases": Part("bias", lambda value: "on" if value else "off", _flag),
    "opt": Part("optimizer", str, str),
    "opt_with": Part("optimizer_args", _pairs, _mapping),
    "rate": Part("learning_rate", _figure, _number),
    "plan": Part("schedule", str, str),
    "plan_with": Part("schedule_args", _pairs, _mapping),
    "batch": Part("batch_size", _plain, _number_or_name),
    "l1": Part("l1", _figure, _number),
    "l2": Part("l2", _figure, _number),
    "drop": Part("dropout", lambda value: _figure(max(value) if isinstance(value, tuple) else value), _number),
    "norm": Part("batch_norm", lambda value: "on" if value else "off", _flag),
    "shuffle": Part("shuffle", lambda value: "on" if value else "off", _flag),
    "bug": Part("bug", ",".join, lambda text: _names(text) if text else []),
    "check": Part("evaluate_every", _plain, _number_or_name),
    "stop": Part("stop", _pairs, _mapping),
    "dtype": Part("dtype", str, str),
    "seed": Part("seed", _figure, _number),
}

#: The word for the output's activation, where it is another than data and loss suggest.
OUTPUT = "out"

#: Every word that belongs to a run; what else stands in an address is not for this module.
WORDS = (*FIELDS, *DATA, OUTPUT)


def from_query(words: Mapping[str, str]) -> RunConfig:
    """The configuration that a link's words describe; words that are not a run's are left alone.

    Raises ValueError with one sentence that names the word and what is wrong with it, DataUnavailable without data.
    """
    changes = _read(FIELDS, words)
    name = changes.get("dataset", PLAYGROUND.dataset)
    if name not in DATASETS or DATASETS[name].kind != "plane":
        known = ", ".join(key for key, source in DATASETS.items() if source.kind == "plane")
        raise ValueError(f"The link's data is {str(name)[:40]!r}, but must be one of {known}.")
    changes["dataset_args"] = _read(DATA, words)
    if "hidden_activations" in changes and len(changes["hidden_activations"]) == 1:
        changes["hidden_activations"] = changes["hidden_activations"][0]
    for owner, extra in (("init", "init_args"), ("optimizer", "optimizer_args"), ("schedule", "schedule_args")):
        if owner in changes:
            changes.setdefault(extra, {})
    config = fitted(PLAYGROUND, **changes)
    if OUTPUT in words:
        config = config.replace(activations=(*config.activations[:-1], words[OUTPUT][:40]))
    return config


def _read(parts: Mapping[str, Part], words: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for word, part in parts.items():
        text = words.get(word)
        if text is None:
            continue
        if len(text) > LONGEST:
            raise ValueError(f"The link's {word} is longer than {LONGEST:,} signs.")
        try:
            found[part.field] = part.read(text)
        except ValueError as problem:
            raise ValueError(f"The link's {word} cannot be read: {problem}.") from None
    return found


def to_query(config: RunConfig, settings: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The words of a link to this configuration, with the settings in force where they are given.

    Raises ValueError for a run that does not learn from points on the plane.
    """
    if settings is not None:
        config = config.replace(**{name: settings[name] for name in CHANGEABLE})
    source = DATASETS[config.dataset]
    if source.kind != "plane":
        raise ValueError("Only runs on the plane have a readable link; share this one as a file.")
    words: dict[str, str] = {}
    for word, part in FIELDS.items():
        now, usual = _value(config, part.field), _value(PLAYGROUND, part.field)
        if now != usual and part.field not in ("loss", "hidden_activations"):
            words[word] = part.write(now)
    for word, part in DATA.items():
        argument = source.arguments.get(part.field)
        if argument is None or part.field not in config.dataset_args:
            continue
        now = config.dataset_args[part.field]
        if argument.check(part.field, now) != argument.check(part.field, argument.default):
            words[word] = part.write(now)
    if "init" in words or "opt" in words or "plan" in words:
        for word in ("init_with", "opt_with", "plan_with"):
            if words.get(word) == "":
                del words[word]
    names = config.activations[:-1]
    if from_query(words).activations[:-1] != names:
        words["act"] = names[0] if len(set(names)) == 1 else ",".join(names)
    if from_query(words).loss != config.loss:
        words["loss"] = config.loss
    if from_query(words).activations[-1] != config.activations[-1]:
        words[OUTPUT] = config.activations[-1]
    return words


def _value(config: RunConfig, field: str) -> Any:
    if field == "hidden":
        return config.sizes[1:-1]
    if field == "hidden_activations":
        return config.activations[:-1]
    return getattr(config, field)


__all__ = ["DATA", "FIELDS", "WORDS", "from_query", "to_query"]
