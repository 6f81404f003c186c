"""What a probe is: a named pure function from a read-only view of a run, plus arguments, to small arrays.

`View` is what it looks at, `Probe` describes it, and `probe` enters it into the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..arguments import shown
from ..config import RunConfig
from ..datasets.dataset import Dataset
from ..drawing import Strokes, as_picture
from ..evaluation import answers, predict
from ..network import Network
from ..recent import Moves
from ..records import Trace
from ..run import CURVES, Run
from ..steps import Step

#: How often a probe is computed while its run trains, in frames a second; "fast" is with every frame, "often" at most
#: with every second one.
CADENCES = {"fast": None, "often": 30.0, "medium": 10.0, "slow": 2.0, "rare": 0.5}
#: These keep their rate whatever they cost, as they move before one's eyes; the others come more rarely where dear.
STEADY = ("fast", "often")


#: Rows times parameters up to which a network is measured wherever it stands: a few hundredths of a second at most.
MEASURED_AT_ONCE = 1e9


class View:
    """A run at one update, as probes see it. Everything is read-only; dear parts are computed once, when asked for."""

    def __init__(self, run: Run, *, still: bool = True, strokes: Strokes = ()):
        self._strokes = strokes
        #: Whether nothing is learning now, so that what has to be repeated to be known may take its time.
        self.still = still
        self.step, self.epoch, self.head, self.seen = run.step, run.epoch, run.head, run.seen
        self.config: RunConfig = run.config
        self.settings: Mapping[str, Any] = dict(run.settings)
        self.dataset: Dataset = run.dataset
        self.last_loss = run.last_loss
        self.seconds = run.seconds
        self._run = run
        self._traces: dict[tuple[str, int], tuple[Trace, ...]] = {}
        #: What probes computed of this update and may share, by keys of their own.
        self.kept: dict[Any, Any] = {}

    @cached_property
    def network(self) -> Network:
        """The network at this update."""
        return self._run.network

    @cached_property
    def curve(self) -> np.ndarray:
        """The curve points so far, float64 (points, 5), columns as in CURVES."""
        return self._run.curve_table()

    @cached_property
    def point(self) -> tuple[float, ...]:
        """The latest curve point up to now, columns as in CURVES; NaN where there is none.

        Where nothing is learning, it is measured at this very update, unless that would keep the learner waiting.
        """
        run = self._run
        if self.still and run.measured_rows * self.network.parameter_count < MEASURED_AT_ONCE:
            return (float(self.step), *run.measure())
        place = int(np.searchsorted(self.curve[:, 0], self.step, side="right")) - 1
        return tuple(map(float, self.curve[place])) if place >= 0 else (np.nan,) * len(CURVES)

    def traces(self, sample: int, split: str = "heldout") -> tuple[Trace, ...]:
        """The forward pass of one row of a split, one Trace a layer with one row each."""
        key = (split, sample)
        if key not in self._traces:
            x = self.dataset.take(split, np.array([sample])).astype(self.network.dtype, copy=False)
            self._traces[key] = self.network._forward(x)
        return self._traces[key]

    @cached_property
    def drawing(self) -> np.ndarray | None:
        """The learner's own drawing as the network gets it, uint8 (height, width); None where there is none."""
        shape = self.dataset.image_shape
        return as_picture(self._strokes, shape) if shape and self._strokes else None

    @cached_property
    def drawing_traces(self) -> tuple[Trace, ...]:
        """The forward pass of the drawing, like `traces`."""
        x = self.drawing.reshape(1, -1).astype(self.network.dtype) / 255
        return self.network._forward(x.astype(self.network.dtype, copy=False))

    def step_at(self, step: int) -> Step:
        """The update that leads on from `step`, or from the furthest update reached where `step` lies beyond it; kept
        by the run, so that asking again costs nothing. FloatingPointError with a sentence where training breaks."""
        return self._run.step_at(min(step, self.head))

    def order(self, epoch: int) -> np.ndarray:
        """The training rows in the order in which `epoch` visits them, (n_train,)."""
        return self._run.order(epoch)

    def at(self, step: int) -> Network:
        """The network after `step` updates, which lies no further than `head`; quickest for `kept_steps`."""
        return self._run.at(min(step, self.head))

    def settings_at(self, step: int) -> Mapping[str, Any]:
        """What was in force after `step` updates."""
        settings = {name: getattr(self.config, name) for name in self.settings}
        for event in self._run.events:
            if event.step <= step and event.kind == "change":
                settings |= event.values
        return settings

    def applied(self, step: int) -> int:
        """How many events have happened after `step` updates. With the step, this names a state of the run."""
        return sum(event.step <= step for event in self._run.events)

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """Updates whose states are kept."""
        return self._run.kept()

    def recent(self, *, whole: bool = False) -> Moves | None:
        """By how much the last updates moved each layer. While the run learns, these are the last that were watched,
        a little before `step`; where it stands still, the last before `step`, repeated if need be."""
        if self.still and self._run.quick_to_repeat:
            return self.once(("recent", whole), lambda: self._run.recent(self.step, whole=whole))
        return self._run.watched(whole=whole)

    def recent_at(self, step: int) -> Moves | None:
        """By how much the last updates before `step` moved each layer, repeated, the last one itself included."""
        return self._run.recent(min(step, self.head), whole=True)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, found once for this view and shared by all probes that ask under the same key."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    @property
    def notes(self) -> dict:
        """A place for what probes have found out about this run and can find again: a cache, gone with the run."""
        return _NOTES.setdefault(self._run, {})

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
                raise ValueError(f"{name}: there is no {shown(value)}; choose one of {', '.join(self.choices)}.")
            return value
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(f"{name}: {shown(value)} is not a whole number from {self.low} to {self.high:,}.")
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

    @property
    def pinned(self) -> bool:
        """Whether it is about one unit, and about the pinned one where none is given."""
        return "unit" in self.arguments and self.arguments["unit"].default is None

    def check(self, arguments: Mapping[str, Any]) -> dict:
        """Checked arguments, defaults filled in. Raises ValueError naming what is wrong."""
        if not isinstance(arguments, Mapping):
            raise ValueError(f"The arguments of the probe {self.name} must be names and values.")
        for name in arguments:
            if name not in self.arguments:
                allowed = ", ".join(self.arguments) or "none"
                raise ValueError(f"The probe {self.name} has no argument {shown(name)}; it has: {allowed}.")
        return {name: known.check(name, arguments.get(name)) for name, known in self.arguments.items()}

    def __call__(self, view: View, /, **arguments) -> dict:
        """What the probe gives for `view`; arrays are contiguous."""
        return self.fn(view, **self.check(arguments))


PROBES: dict[str, Probe] = {}
_NOTES: WeakKeyDictionary[Run, dict] = WeakKeyDictionary()
SAMPLE = Argument(0, 0, 10**7)
COUNT = Argument(0, 0, 10**9)


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


def step_up(value: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `value`; scales that use it move in steps."""
    if not value > 0 or not np.isfinite(value):
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * digit for digit in (1, 2, 5, 10) if power * digit >= value * (1 - 1e-9)))
