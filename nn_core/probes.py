"""Probes: named pure functions from a read-only view of a run to small arrays. They are all that pages ever see of one.

To add a view to the dashboard, add a probe to PROBES and reuse or add a panel that draws its arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .config import RunConfig
from .datasets.dataset import Dataset
from .evaluation import answers, predict
from .network import Network
from .records import Trace
from .run import CURVES, Run

#: How often a probe is computed while its run trains, in frames a second; "fast" is with every frame.
CADENCES = {"fast": None, "medium": 10.0, "slow": 2.0}


class View:
    """A run at one update, as probes see it. Everything is read-only; dear parts are computed once, when asked for."""

    def __init__(self, run: Run):
        self.step, self.epoch, self.head, self.seen = run.step, run.epoch, run.head, run.seen
        self.config: RunConfig = run.config
        self.settings: Mapping[str, Any] = dict(run.settings)
        self.dataset: Dataset = run.dataset
        self.last_loss = run.last_loss
        self._run = run
        self._traces: dict[tuple[str, int], tuple[Trace, ...]] = {}

    @cached_property
    def network(self) -> Network:
        """The network at this update."""
        return self._run.network

    @cached_property
    def curve(self) -> np.ndarray:
        """The curve points so far, float64 (points, 5), columns as in CURVES."""
        return self._run.curve_table()

    def traces(self, sample: int, split: str = "heldout") -> tuple[Trace, ...]:
        """The forward pass of one row of a split, one Trace a layer with one row each."""
        key = (split, sample)
        if key not in self._traces:
            x = self.dataset.take(split, np.array([sample])).astype(self.network.dtype, copy=False)
            self._traces[key] = self.network._forward(x)
        return self._traces[key]

    @cached_property
    def heldout(self) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (n, fan_out) and answers (n,) for every held-out row."""
        outputs = np.concatenate(
            [a for _, _, a in predict(self.network, self.dataset, "heldout", self.dataset.n_heldout)]
        )
        return outputs, answers(outputs, self.network.layers[-1].activation)


@dataclass(frozen=True)
class Argument:
    """One argument of a probe: a whole number from low to high, or one of `choices`; None means its default."""

    default: Any
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    def check(self, name: str, value):
        """The checked value. Raises ValueError naming the argument and what is allowed."""
        if value is None:
            return self.default
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{name}: there is no {value!r}; choose one of {', '.join(self.choices)}.")
            return value
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(f"{name}: {value!r} is not a whole number from {self.low} to {self.high:,}.")
        return value


@dataclass(frozen=True)
class Probe:
    """A named function `fn(view, **arguments) -> dict` of arrays, numbers and texts.

    cadence: a name of CADENCES. max_bytes: the most its arrays take in one frame. incremental: it takes `start`, how
    many entries the viewer already has. rotates: it takes `turn`, which counts up, and gives one part after another.
    """

    name: str
    fn: Callable[..., dict]
    cadence: str
    max_bytes: int
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    incremental: bool = False
    rotates: bool = False

    def check(self, arguments: Mapping[str, Any]) -> dict:
        """Checked arguments, defaults filled in. Raises ValueError naming what is wrong."""
        for name in arguments:
            if name not in self.arguments:
                allowed = ", ".join(self.arguments) or "none"
                raise ValueError(f"The probe {self.name} has no argument {name!r}; it has: {allowed}.")
        return {name: known.check(name, arguments.get(name)) for name, known in self.arguments.items()}

    def __call__(self, view: View, **arguments) -> dict:
        """What the probe gives for `view`; arrays are contiguous."""
        return self.fn(view, **{**self.check(arguments)})


PROBES: dict[str, Probe] = {}
SAMPLE = Argument(0, 0, 10**7)
COUNT = Argument(0, 0, 10**9)
CURVE_CHUNK = 400


def probe(cadence: str, max_bytes: int, *, incremental: bool = False, rotates: bool = False, **arguments: Argument):
    """Enter the decorated function into PROBES under its own name."""

    def enter(fn: Callable[..., dict]) -> Callable[..., dict]:
        if incremental:
            arguments["start"] = COUNT
        if rotates:
            arguments["turn"] = COUNT
        PROBES[fn.__name__] = Probe(fn.__name__, fn, cadence, max_bytes, arguments, incremental, rotates)
        return fn

    return enter


def to_bytes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map low..high to 0..255 as uint8, what lies outside to the ends."""
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.clip(np.rint((values - low) * scale), 0, 255).astype(np.uint8)


def _bounded(view: View, sample: int) -> int:
    """A held-out row that exists, whatever row was asked for."""
    return min(sample, max(0, view.dataset.n_heldout - 1))


@probe("fast", 1200, sample=SAMPLE)
def sample(view: View, sample: int) -> dict:
    """One held-out row going through: its picture, its label, and what the network believes.

    image: uint8 (height, width), for images only. inputs: float32 (features,), for others. probabilities: float32
    (outputs,). label, prediction: classes. right: 1 or 0.
    """
    row = _bounded(view, sample)
    outputs = view.traces(row)[-1].a
    result: dict[str, Any] = {"index": row, "probabilities": np.ascontiguousarray(outputs[0], np.float32)}
    if view.dataset.image_shape:
        result["image"] = view.dataset.image("heldout", row)
    else:
        result["inputs"] = view.dataset.take("heldout", np.array([row]))[0]
    if view.dataset.classes:
        label = int(view.dataset.labels("heldout")[row])
        guess = int(answers(outputs, view.network.layers[-1].activation)[0])
        result |= {"label": label, "prediction": guess, "right": int(label == guess)}
    return result


@probe("fast", 16_384, sample=SAMPLE)
def activations(view: View, sample: int) -> dict:
    """How strongly each hidden unit answers to one held-out row: uint8 (width,) a layer, 0 to 255.

    The scale of layer l runs from `low{l}` to `high{l}`: the activation's own range where it has one (0 to 1, -1 to 1),
    else 0 to the largest answer.
    """
    result: dict[str, Any] = {}
    for l, (layer, trace) in enumerate(
        zip(view.network.layers[:-1], view.traces(_bounded(view, sample))[:-1], strict=True)
    ):
        a = trace.a[0]
        low, high = RANGES.get(layer.activation, (min(0.0, float(a.min())), max(1e-9, float(a.max()))))
        result[f"layer{l}"] = to_bytes(a, low, high)
        result[f"low{l}"], result[f"high{l}"] = low, high
    return result


#: Activations whose answers have a range of their own.
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


@probe("medium", 20 * CURVE_CHUNK + 64, incremental=True)
def curve(view: View, start: int) -> dict:
    """Curve points from number `start` on, at most 400: step int32 (k,), the rest float32. total: all there are."""
    table = view.curve[start : start + CURVE_CHUNK]
    result: dict[str, Any] = {"start": start, "total": len(view.curve)}
    result["step"] = table[:, 0].astype(np.int32)
    for k, name in enumerate(CURVES[1:], start=1):
        result[name] = table[:, k].astype(np.float32)
    return result


WEIGHT_IMAGES = 16


@probe("medium", 16 * 28 * 28 + 64, rotates=True, count=Argument(WEIGHT_IMAGES, 1, 64))
def first_weights(view: View, turn: int, count: int) -> dict:
    """The first layer's weights as pictures, `count` units a frame in rotation: uint8 (count, height, width).

    128 is zero, 255 is +scale and 1 is -scale; the scale is the 99.5th percentile of |W|, rounded up to 1, 2 or 5
    times a power of ten, so that it moves in steps. `first` is the first unit's number, `units` how many there are.
    """
    W = view.network.layers[0].W
    shape = view.dataset.image_shape or (1, W.shape[0])
    units = W.shape[1]
    count = min(count, units, max(1, 12_544 // W.shape[0]))
    turns = -(-units // count)
    first = min((turn % turns) * count, units - count)
    scale = _step_up(float(np.percentile(np.abs(W), 99.5)))
    pictures = to_bytes(W[:, first : first + count].T, -scale * 128 / 127, scale).reshape(count, *shape)
    return {"images": np.ascontiguousarray(pictures), "first": first, "units": units, "scale": scale}


def _step_up(value: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `value`."""
    if not value > 0 or not np.isfinite(value):
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * digit for digit in (1, 2, 5, 10) if power * digit >= value * (1 - 1e-9)))


@probe("slow", 10 * 10 * 4 + 4 * 200)
def confusion(view: View) -> dict:
    """Held-out rows by true class and answer: counts int32 (classes, classes); accuracy float32 (classes,)."""
    classes = len(view.dataset.classes)
    if not classes:
        return {"counts": np.zeros((0, 0), np.int32), "accuracy": np.zeros(0, np.float32)}
    labels, (_, guesses) = view.dataset.labels("heldout"), view.heldout
    counts = np.zeros((classes, classes), np.int32)
    np.add.at(counts, (labels, guesses), 1)
    totals = counts.sum(axis=1)
    return {"counts": counts, "accuracy": (counts.diagonal() / np.maximum(totals, 1)).astype(np.float32)}
