"""RunConfig: every choice that a learner makes before training, as one frozen value.

It is checked when it is made, against the same tables that feed the menus, and it travels as JSON: a run is its
configuration and its events, nothing else.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .arguments import check_arguments, shown
from .bugs import BUGS
from .datasets import DATASETS
from .initializers import INITIALIZERS
from .losses import LOSSES
from .optimizers import OPTIMIZERS
from .schedules import SCHEDULES

#: Limits that keep one learner's network within a worker's means.
MAX_LAYERS = 16
MAX_WIDTH = 1024
MAX_BATCH = 1_000_000

#: What may be changed while the network trains, because it keeps every array's shape. The rest needs a new run.
CHANGEABLE = (
    "learning_rate",
    "batch_size",
    "optimizer",
    "optimizer_args",
    "schedule",
    "schedule_args",
    "l1",
    "l2",
    "dropout",
    "bug",
    "evaluate_every",
    "stop",
)

#: What ends a run by itself: the rule's name and what it means.
STOPS = {
    "step": "after so many updates",
    "epoch": "after so many passes over the training data",
    "loss": "once the held-out loss is at or below this",
    "accuracy": "once the held-out accuracy (0 to 1) is at or above this",
    "patience": "once the held-out loss has not improved for so many evaluations",
}


@dataclass(frozen=True)
class RunConfig:
    """Every choice made before training. All fields have defaults; ValueError names the field that is wrong.

    `sizes` counts units a layer, input and output included; `activations` names one function for each layer after the
    input, or a single one for all hidden layers (the output's then follows from the loss). `batch_size` is a number of
    rows or "full". `dropout` is one rate for all hidden layers or one each. `l1` and `l2` act on W only, with the
    penalty l1*sum|W| + l2/2*sum W**2. `evaluate_every` is a number of updates or "auto". `stop` maps names of STOPS to
    their values. `bug` names entries of BUGS. `bias_init` is a name of INITIALIZERS or a number. `start` is "" or the
    SHA-256 of kept weights to begin with (weights.py).
    """

    dataset: str = "digits"
    dataset_args: Mapping[str, Any] = field(default_factory=dict)
    sizes: tuple[int, ...] = (784, 128, 64, 10)
    activations: tuple[str, ...] | str = ("sigmoid", "sigmoid", "softmax")
    bias: bool = True
    init: str = "glorot_uniform"
    init_args: Mapping[str, Any] = field(default_factory=dict)
    bias_init: str | float = "zeros"
    loss: str = "cross_entropy"
    optimizer: str = "sgd"
    optimizer_args: Mapping[str, Any] = field(default_factory=dict)
    learning_rate: float = 0.1
    schedule: str = "constant"
    schedule_args: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int | str = 1
    shuffle: bool = True
    l1: float = 0.0
    l2: float = 0.0
    dropout: float | tuple[float, ...] = 0.0
    batch_norm: bool = False
    dtype: str = "float32"
    seed: int = 0
    bug: tuple[str, ...] = ()
    evaluate_every: int | str = "auto"
    stop: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""

    def __post_init__(self):
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name), name))
        object.__setattr__(self, "activations", _activations(self))
        check_settings({name: getattr(self, name) for name in CHANGEABLE}, layers=len(self.sizes) - 1)
        _check_arguments(self.init_args, INITIALIZERS[self.init], "init_args", self.init)
        if self.batch_norm and self.batch_size == 1:
            raise ValueError(
                "batch_norm: a batch of one row has no spread to normalize; take a batch_size of 2 or more."
            )
        if "softmax" in self.activations[:-1]:
            raise ValueError(
                "activations: softmax belongs to the output layer; take another one for the hidden layers."
            )

    def __hash__(self) -> int:
        # Of plain fields alone: arguments in dicts may be equal though written differently, as 1 and 1.0 are.
        return hash((self.dataset, self.sizes, self.activations, self.learning_rate, self.batch_size, self.seed))

    def replace(self, /, **changes) -> RunConfig:
        """A copy with some fields changed (checked again)."""
        unknown = sorted(set(changes) - {f.name for f in fields(self)})
        if unknown:
            raise ValueError(
                f"RunConfig has no field {shown(unknown[0])}; it has {', '.join(f.name for f in fields(self))}."
            )
        return replace(self, **changes)

    def to_dict(self) -> dict:
        """A plain dict of JSON values."""
        plain = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    def to_json(self) -> str:
        """JSON text that `from_json` turns back into an equal RunConfig."""
        return json.dumps(self.to_dict(), sort_keys=True, allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """Build from a dict of fields. Raises ValueError on unknown fields and on values that are not allowed."""
        if not isinstance(values, Mapping):
            raise ValueError(f"A configuration is an object of fields, not {type(values).__name__}.")
        return cls().replace(**values)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Build from JSON text. Raises ValueError where the text is not JSON or a field is wrong."""
        try:
            values = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"This is not a configuration: it is not JSON ({error}).") from None
        return cls.from_dict(values)


def check_settings(values: Mapping[str, Any], *, layers: int) -> dict:
    """Check settings that may change during training and return them in their stored form.

    `values` maps names of CHANGEABLE to new values; `layers` is the number of layers after the input. Raises ValueError
    naming the setting and what is allowed.
    """
    checked = {}
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise ValueError(
                f"{name} cannot be changed while training; it needs a new run. Changeable: {', '.join(CHANGEABLE)}."
            )
        checked[name] = _CHECKS[name](value, name)
    if isinstance(checked.get("dropout"), tuple) and len(checked["dropout"]) != layers - 1:
        raise ValueError(f"dropout: give one rate, or one for each of the {layers - 1} hidden layers.")
    for kind, table in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if kind in checked and f"{kind}_args" in checked:
            _check_arguments(checked[f"{kind}_args"], table[checked[kind]], f"{kind}_args", checked[kind])
    return checked


def _activations(config: RunConfig) -> tuple[str, ...]:
    """One name a layer: a single name stands for all hidden layers, the output's follows from the loss."""
    layers = len(config.sizes) - 1
    names = config.activations
    if isinstance(names, str):
        names = (names,) * (layers - 1) + (_output_for(config),)
    if len(names) != layers:
        raise ValueError(
            f"activations: {layers} layers follow the input, so give {layers} names or a single one, not {len(names)}."
        )
    return names


def _output_for(config: RunConfig) -> str:
    if config.loss == "cross_entropy":
        return "softmax"
    if config.loss == "binary_cross_entropy":
        return "sigmoid"
    if DATASETS[config.dataset].task == "regression":
        return "identity"
    return "tanh" if config.sizes[-1] == 1 else "softmax"


def _check_arguments(arguments: Mapping, entry, name: str, owner: str) -> None:
    known = {key: argument for key, argument in entry.arguments.items() if key != "learning_rate"}
    check_arguments(f"{name}: {owner}", known, arguments)


def _name_in(table):
    def check(value, name):
        if not isinstance(value, str) or value not in table:
            raise ValueError(f"{name}: there is no {shown(value)}; choose one of {', '.join(table)}.")
        return value

    return check


def _names_in(table):
    def check(value, name):
        names = (value,) if isinstance(value, str) else value
        if not isinstance(names, (tuple, list)):
            raise ValueError(f"{name}: give names out of {', '.join(table)}.")
        for item in names:
            _name_in(table)(item, name)
        return tuple(dict.fromkeys(names))

    return check


def _activation_names(value, name):
    if isinstance(value, str):
        return _name_in(ACTIVATIONS)(value, name)
    if not isinstance(value, (tuple, list)):
        raise ValueError(f"{name}: give one name a layer out of {', '.join(ACTIVATIONS)}.")
    return tuple(_name_in(ACTIVATIONS)(item, name) for item in value)


def _number(low: float, high: float):
    def check(value, name):
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= value <= high:
            raise ValueError(f"{name}: {shown(value)} is not a number from {low:g} to {high:g}.")
        return float(value)

    return check


def _whole(low: int, high: int):
    def check(value, name):
        whole = isinstance(value, numbers.Integral) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not low <= value <= high:
            raise ValueError(f"{name}: {shown(value)} is not a whole number from {low:,} to {high:,}.")
        return int(value)

    return check


def _word_or(word: str, check_number):
    def check(value, name):
        if isinstance(value, str) and value == word:
            return word
        try:
            return check_number(value, name)
        except ValueError as error:
            raise ValueError(f'{str(error)[:-1]}, and not "{word}" either.') from None

    return check


def _flag(value, name):
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}: {shown(value)} is neither true nor false.")
    return bool(value)


def _sizes(value, name):
    if not isinstance(value, (tuple, list)) or not 2 <= len(value) <= MAX_LAYERS + 1:
        raise ValueError(f"{name}: give 2 to {MAX_LAYERS + 1} numbers of units, input and output included.")
    first = _whole(1, 65_536)(value[0], name)
    return (first, *(_whole(1, MAX_WIDTH)(width, name) for width in value[1:]))


def _dropout(value, name):
    rate = _number(0.0, 0.95)
    if isinstance(value, (tuple, list)):
        return tuple(rate(item, name) for item in value)
    return rate(value, name)


def _bias_init(value, name):
    if isinstance(value, str):
        return _name_in(INITIALIZERS)(value, name)
    return _number(-100.0, 100.0)(value, name)


def _item(value):
    """A NumPy number as Python's; for json.dumps, which knows no others."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError


def _mapping(value, name):
    if not isinstance(value, Mapping):
        raise ValueError(f"{name}: give an object of names and values, not {type(value).__name__}.")
    try:
        plain = json.loads(json.dumps(dict(value), allow_nan=False, default=_item))
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"{name}: every value must be a plain number, text, list or object.") from None
    return plain


_STOP_CHECKS = {
    "step": _whole(1, 10**9),
    "epoch": _whole(1, 10**6),
    "loss": _number(0.0, 1e6),
    "accuracy": _number(0.0, 1.0),
    "patience": _whole(1, 10**6),
}


def _stop(value, name):
    plain = _mapping(value, name)
    for key in plain:
        if key not in STOPS:
            raise ValueError(f"{name}: there is no rule {shown(key)}; choose among {', '.join(STOPS)}.")
        plain[key] = _STOP_CHECKS[key](plain[key], f"{name} {key}")
    return plain


def _start(value, name):
    if not isinstance(value, str) or (value and (len(value) != 64 or set(value) - set("0123456789abcdef"))):
        raise ValueError(f"{name}: give the SHA-256 of a file of weights, or nothing.")
    return value


_CHECKS = {
    "dataset": _name_in(DATASETS),
    "dataset_args": _mapping,
    "sizes": _sizes,
    "activations": _activation_names,
    "bias": _flag,
    "init": _name_in(INITIALIZERS),
    "init_args": _mapping,
    "bias_init": _bias_init,
    "loss": _name_in(LOSSES),
    "optimizer": _name_in(OPTIMIZERS),
    "optimizer_args": _mapping,
    "learning_rate": _number(0.0, 1000.0),
    "schedule": _name_in(SCHEDULES),
    "schedule_args": _mapping,
    "batch_size": _word_or("full", _whole(1, MAX_BATCH)),
    "shuffle": _flag,
    "l1": _number(0.0, 100.0),
    "l2": _number(0.0, 100.0),
    "dropout": _dropout,
    "batch_norm": _flag,
    "dtype": _name_in({"float32": None, "float64": None}),
    "seed": _whole(0, 2**32 - 1),
    "bug": _names_in(BUGS),
    "evaluate_every": _word_or("auto", _whole(1, 10**9)),
    "stop": _stop,
    "start": _start,
}


def evaluation_interval(config: RunConfig, step: int, *, rows_evaluated: int, rows_an_update: int) -> int:
    """How many updates lie between curve points around update `step` when `evaluate_every` is "auto".

    A function of step and configuration alone, so that every process puts its points at the same updates. Points start
    ten updates apart and thin out as the run grows, until evaluating `rows_evaluated` rows costs about a tenth of
    the training between two points. Costs are counted in multiplications: one a weight for a row looked at, three for
    a row learned from; a row learned from alone costs about eight times as much again (our measurement), since
    its products are too small to keep the processor busy.
    """
    weights = sum(a * b for a, b in zip(config.sizes, config.sizes[1:], strict=False))
    evaluation = 50_000 + weights * rows_evaluated
    update = 50_000 + 3 * weights * rows_an_update * (8 if rows_an_update < 8 else 2)
    affordable = 10 * evaluation / update
    points_early = min(50, max(10, 1.5e9 / evaluation))
    least = 10 if rows_an_update < 1024 else 1
    return one_two_five(max(least, min(affordable, step / points_early)))


def one_two_five(value: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is at least `value`."""
    power = 10 ** max(0, math.floor(math.log10(max(value, 1.0))))
    return next(int(power * digit) for digit in (1, 2, 5, 10) if power * digit >= value - 1e-9)
