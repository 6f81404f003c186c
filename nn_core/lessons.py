"""Lessons as data: what is predicted, what is run, how truth and guess are compared. Adding one needs no code.

A lesson holds a Question, and a second one to check afterwards. A question holds trials (see experiment.py); facts are
numbers taken from their results; truths are made of facts, and nothing of them is stored: whoever plays a lesson
computes them anew. `claims` say what the lesson's words presuppose; where a run comes out otherwise, the page says so.
The words themselves lie in assets/text/lessons, one file a lesson, under its name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .config import RunConfig
from .events import Event
from .experiment import Experiment, Reading, Trial
from .presets import PRESETS

#: A number as it may stand in a condition: itself, or the name of a fact.
Value = float | str

#: (fact, operator, number or another fact).
Condition = tuple[str, str, Value]

#: What can be done with a lesson: see it, commit a guess and run, run again for the guess that was committed, go back
#: to where it started, and try a setting out.
WAYS = ("open", "guess", "run", "back", "try")

_OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": lambda a, b: abs(a - b) < 1e-9,
    "!=": lambda a, b: abs(a - b) >= 1e-9,
}

_OVER = {
    "mean": lambda values: sum(values) / len(values),
    "least": min,
    "most": max,
}


@dataclass(frozen=True)
class Fact:
    """A number taken from results: `path` names reading and value ("scores.heldout", "numbers.W0.0.1") in trial number
    `trial`.

    last: the mean of the last so many entries of a list. over: how the seeds' values become one; at_least: count the
    seeds that reach it instead. minus: another trial whose value is taken off; size: without its sign. times: a unit,
    say 100 for shares.
    """

    path: str
    trial: int = 0
    last: int = 0
    over: str = "mean"
    at_least: float | None = None
    minus: int | None = None
    size: bool = False
    times: float = 1.0

    def of(self, results: Sequence[Mapping[str, Any]]) -> float:
        """The number; nan where a run did not come to it."""
        value = self._of_trial(results[self.trial])
        if self.minus is not None:
            value -= self._of_trial(results[self.minus])
        return self.times * (abs(value) if self.size else value)

    def _of_trial(self, result: Mapping[str, Any]) -> float:
        values = [self._of_run(run["read"]) for run in result["runs"]]
        if self.at_least is not None:
            return float(sum(value >= self.at_least for value in values))
        return _OVER[self.over](values) if values else math.nan

    def _of_run(self, read: Mapping[str, Any]) -> float:
        value: Any = read
        for part in self.path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        if self.last:
            known = [one for one in value if one is not None][-self.last :]
            return sum(known) / len(known) if known else math.nan
        return math.nan if value is None else float(value)


@dataclass(frozen=True)
class Choose:
    """One of some options, (name, label). The truth is the first option whose condition holds; None always does."""

    options: tuple[tuple[str, str], ...]
    when: tuple[tuple[str, Condition | None], ...]
    kind: str = "choose"

    def truth(self, facts: Mapping[str, float], results: Sequence) -> str:
        return next(name for name, condition in self.when if condition is None or holds(condition, facts))

    def check(self, guess: Any) -> str:
        """A guess as it may be stored. Raises ValueError with a sentence."""
        if guess not in [name for name, _ in self.options]:
            raise ValueError(f"Choose one of {', '.join(label for _, label in self.options)}.")
        return guess

    def mark(self, guess: str, truth: str) -> list[dict[str, Any]]:
        labels = dict(self.options)
        return [_part("", labels[guess], labels[truth], None, "right" if guess == truth else "off")]


@dataclass(frozen=True)
class Number:
    """A number for each part, (name, label, fact). `scale` is either (low, high, step) or a tuple of allowed values,
    in which case distances count in places of that tuple. Up to `right` is right, up to `close` is close."""

    parts: tuple[tuple[str, str, str], ...]
    scale: tuple[float, ...] | None = None
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    right: float = 0.0
    close: float = 0.0
    unit: str = ""
    kind: str = "number"

    def truth(self, facts: Mapping[str, float], results: Sequence) -> dict[str, float]:
        return {name: facts[fact] for name, _, fact in self.parts}

    def check(self, guess: Any) -> dict[str, float]:
        if not isinstance(guess, Mapping) or set(guess) != {name for name, _, _ in self.parts}:
            raise ValueError(f"Give a number for each of {', '.join(label for _, label, _ in self.parts)}.")
        for value in guess.values():
            if isinstance(value, bool) or not isinstance(value, int | float) or not self._fits(value):
                raise ValueError(f"{str(value)[:20]} is not a number that can be chosen here.")
        return {name: float(value) for name, value in guess.items()}

    def _fits(self, value: float) -> bool:
        return value in self.scale if self.scale is not None else self.low <= value <= self.high

    def mark(self, guess: Mapping[str, float], truth: Mapping[str, float]) -> list[dict[str, Any]]:
        return [
            _part(label, guess[name], truth[name], guess[name] - truth[name], self._verdict(guess[name], truth[name]))
            for name, label, _ in self.parts
        ]

    def _verdict(self, guess: float, truth: float) -> str:
        if self.scale is not None:
            nearest = min(range(len(self.scale)), key=lambda place: abs(self.scale[place] - truth))
            return _verdict(abs(self.scale.index(guess) - nearest), self.right, self.close)
        return _verdict(abs(guess - truth), self.right, self.close)


@dataclass(frozen=True)
class Click:
    """Those links of a small network for which a number read off it is zero: names "layer:from:to"."""

    sizes: tuple[int, ...]
    path: str
    kind: str = "click"

    @property
    def links(self) -> list[str]:
        """Every link's name."""
        pairs = enumerate(zip(self.sizes, self.sizes[1:], strict=False))
        return [f"{l}:{i}:{j}" for l, (fan_in, fan_out) in pairs for i in range(fan_in) for j in range(fan_out)]

    def truth(self, facts: Mapping[str, float], results: Sequence[Mapping[str, Any]]) -> list[str]:
        read = results[0]["runs"][0]["read"][self.path]
        return [link for link in self.links if _at(read, link) == 0]

    def check(self, guess: Any) -> list[str]:
        if not isinstance(guess, list) or not all(link in self.links for link in guess):
            raise ValueError("Mark some of the network's links.")
        return sorted(set(guess))

    def mark(self, guess: Sequence[str], truth: Sequence[str]) -> list[dict[str, Any]]:
        wrong = len(set(guess) ^ set(truth))
        return [_part("", len(guess), len(truth), None, "right" if not wrong else "close" if wrong == 1 else "off")]


@dataclass(frozen=True)
class Sketch:
    """A curve for each part, (name, label, trial), from `start` at the left edge; `path` leads to the true one.

    A guess is a list of heights, evenly spaced; its last one is compared with the fact of the part's name."""

    parts: tuple[tuple[str, str, int], ...]
    path: str
    facts: tuple[str, ...]
    start: float
    low: float = 0.0
    high: float = 100.0
    right: float = 5.0
    close: float = 12.0
    kind: str = "sketch"

    def truth(self, facts: Mapping[str, float], results: Sequence) -> dict[str, float]:
        return {name: facts[fact] for (name, _, _), fact in zip(self.parts, self.facts, strict=True)}

    def check(self, guess: Any) -> dict[str, list[float]]:
        if not isinstance(guess, Mapping) or set(guess) != {name for name, _, _ in self.parts}:
            raise ValueError(f"Draw a curve for each of {', '.join(label for _, label, _ in self.parts)}.")
        for curve in guess.values():
            if not isinstance(curve, list) or not 2 <= len(curve) <= 201:
                raise ValueError("A curve needs 2 to 201 heights.")
            if any(isinstance(y, bool) or not isinstance(y, int | float) for y in curve):
                raise ValueError("A curve's heights must be numbers.")
            if not all(self.low <= y <= self.high for y in curve):
                raise ValueError(f"A curve's heights must be from {self.low:g} to {self.high:g}.")
        return {name: [round(float(y), 2) for y in curve] for name, curve in guess.items()}

    def mark(self, guess: Mapping[str, Sequence[float]], truth: Mapping[str, float]) -> list[dict[str, Any]]:
        ends = {name: curve[-1] for name, curve in guess.items()}
        return [
            _part(label, ends[name], truth[name], ends[name] - truth[name], self._verdict(ends[name] - truth[name]))
            for name, label, _ in self.parts
        ]

    def _verdict(self, off: float) -> str:
        return _verdict(abs(off), self.right, self.close)


@dataclass(frozen=True)
class Rank:
    """An order of the parts, (name, label, fact), the largest fact first. Facts nearer than `tie` may stand in either
    order."""

    parts: tuple[tuple[str, str, str], ...]
    tie: float
    kind: str = "rank"

    def truth(self, facts: Mapping[str, float], results: Sequence) -> dict[str, float]:
        return {name: facts[fact] for name, _, fact in self.parts}

    def check(self, guess: Any) -> list[str]:
        names = [name for name, _, _ in self.parts]
        if not isinstance(guess, list) or sorted(map(str, guess)) != sorted(names):
            raise ValueError(f"Put {', '.join(label for _, label, _ in self.parts)} in an order.")
        return list(guess)

    def mark(self, guess: Sequence[str], truth: Mapping[str, float]) -> list[dict[str, Any]]:
        order = sorted(truth, key=lambda name: -truth[name])
        labels = {name: label for name, label, _ in self.parts}
        return [
            _part(
                labels[name],
                place + 1,
                order.index(name) + 1,
                None,
                "right"
                if abs(truth[order[place]] - truth[name]) <= self.tie
                else ("close" if abs(order.index(name) - place) == 1 else "off"),
            )
            for place, name in enumerate(guess)
        ]


Ask = Choose | Number | Click | Sketch | Rank


@dataclass(frozen=True)
class Question:
    """What is asked, what is run to know, and what is shown: `view` is a module of assets/lessons/views with `options`.

    setup: Readings of the first trial before its first update, shown while the learner is guessing. seconds: how long
    it takes about, for the page to say.
    """

    ask: Ask
    trials: tuple[Trial, ...]
    labels: tuple[tuple[str, str], ...]
    facts: Mapping[str, Fact]
    claims: tuple[Condition, ...]
    view: str
    options: Mapping[str, Any] = field(default_factory=dict)
    setup: Mapping[str, Reading] = field(default_factory=dict)
    seconds: int = 1


@dataclass(frozen=True)
class Try:
    """A setting to try out in the question's trial number `trial`: `values` on a slider, until the fact that `path` and
    `last` describe reaches `goal`."""

    trial: int
    setting: str
    values: tuple[float, ...]
    start: float
    fact: Fact
    goal: float
    unit: str
    kind: str = "try"


@dataclass(frozen=True)
class Lesson:
    """A question, and what to check afterwards: another one, or something to try."""

    title: str
    minutes: int
    question: Question
    check: Question | Try
    claims: tuple[Condition, ...] = ()


def holds(condition: Condition, facts: Mapping[str, float]) -> bool:
    """Whether a condition holds; never where a number in it is unknown."""
    fact, sign, value = condition
    return _OPERATORS[sign](facts[fact], facts[value] if isinstance(value, str) else value)


def reveal(question: Question, guess: Any, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a finished experiment says to a question: facts, truth, the marks of the guess, and whether the claims hold.

    `stood_in` is whether other data stood in. All plain JSON values.
    """
    facts = {name: fact.of(results) for name, fact in question.facts.items()}
    truth = question.ask.truth(facts, results)
    marks = question.ask.mark(guess, truth)
    return {
        "facts": {name: value if math.isfinite(value) else None for name, value in facts.items()},
        "truth": truth,
        "marks": marks,
        "right": all(mark["verdict"] == "right" for mark in marks),
        "as_told": all(holds(claim, facts) for claim in question.claims),
        "stood_in": any(
            result["data"] != trial.config.dataset for result, trial in zip(results, question.trials, strict=True)
        ),
    }


def play(question: Question, guess: Any, *, first_seed: int = 0) -> dict[str, Any]:
    """Play a question to its end without a page: its results and what they reveal. `first_seed` shifts every seed."""
    experiment = Experiment([_shifted(trial, first_seed) for trial in question.trials])
    while not experiment.ended:
        experiment.advance(seconds=1.0)
    return {"results": experiment.results, **reveal(question, question.ask.check(guess), experiment.results)}


def part_of(lesson: str, part: str) -> Question:
    """A lesson's "question" or "check". Raises ValueError with a sentence where there is none."""
    if lesson not in LESSONS:
        raise ValueError(f"There is no lesson {lesson[:40]!r}; there are {', '.join(LESSONS)}.")
    found = getattr(LESSONS[lesson], part)
    if isinstance(found, Try):
        raise ValueError("This lesson has something to try instead of a second question.")
    return found


def _shifted(trial: Trial, by: int) -> Trial:
    """The same trial from other seeds."""
    instead = None if trial.instead is None else _shifted(trial.instead, by)
    return replace(trial, seeds=tuple(seed + by for seed in trial.seeds), instead=instead)


def _part(label: str, guess: Any, truth: Any, off: float | None, verdict: str) -> dict[str, Any]:
    return {"label": label, "guess": guess, "truth": truth, "off": off, "verdict": verdict}


def _verdict(distance: float, right: float, close: float) -> str:
    return "right" if distance <= right + 1e-9 else "close" if distance <= close + 1e-9 else "off"


def _at(read: Mapping[str, Any], link: str) -> float:
    layer, i, j = link.split(":")
    return read[f"W{layer}"][int(i)][int(j)]


# -- the lessons -------------------------------------------------------------------------------------------------------


def _set(array: str, layer: int, values: Sequence) -> tuple[Event, ...]:
    """Events that set one layer's W or b before the first update."""
    cells = (
        [([i, j], value) for i, row in enumerate(values) for j, value in enumerate(row)]
        if array == "W"
        else [([i], value) for i, value in enumerate(values)]
    )
    return tuple(
        Event(0, "parameter", {"layer": layer, "array": array, "index": index, "value": value})
        for index, value in cells
    )


_PLANE = {"field": Reading("output_field"), "dots": Reading("dots"), "line": Reading("line")}
_NEURON = RunConfig(dataset="gauss", sizes=(2, 1), activations=("sigmoid",), init="zeros", loss="binary_cross_entropy")


def _neuron(w1: float, w2: float, b: float) -> Trial:
    """A single neuron with these numbers, untrained."""
    return Trial(_NEURON, 0, _PLANE, events=_set("W", 0, [[w1], [w2]]) + _set("b", 0, [b]))


_LINE_FACTS = {
    "turned": Fact("line.angle", 1, minus=0, size=True),
    "shifted": Fact("line.distance", 1, minus=0, size=True),
    "band_before": Fact("line.band", 0),
    "band_after": Fact("line.band", 1),
}
_LINE_WHEN = (("turns", ("turned", ">", 0.5)), ("moves", ("shifted", ">", 0.05)), ("stays", None))
_LINE_OPTIONS = (("moves", "The line moves away"), ("turns", "The line turns"), ("stays", "The line stays"))

A_WEIGHT = Lesson(
    "A weight",
    5,
    Question(
        ask=Choose(_LINE_OPTIONS, _LINE_WHEN),
        trials=(_neuron(0.7, 0.5, -0.4), _neuron(1.4, 1.0, -0.8)),
        labels=(("as it is", "w1 = 0.7, w2 = 0.5, b = −0.4"), ("all doubled", "w1 = 1.4, w2 = 1, b = −0.8")),
        facts=_LINE_FACTS,
        claims=(("turned", "<", 0.5), ("shifted", "<", 0.05), ("band_after", "<", "band_before")),
        view="plane",
        options={"field": "field"},
        setup=_PLANE,
    ),
    Question(
        ask=Choose(_LINE_OPTIONS, _LINE_WHEN),
        trials=(_neuron(0.7, 0.5, -1.2), _neuron(0.7, 0.5, -2.4)),
        labels=(("as it is", "b = −1.2"), ("only b doubled", "b = −2.4")),
        facts=_LINE_FACTS,
        claims=(("turned", "<", 0.5), ("shifted", ">", 0.05)),
        view="plane",
        options={"field": "field"},
        setup=_PLANE,
    ),
)


def _one_point(x1: float, x2: float) -> Trial:
    """A neuron that knows nothing yet and one point of class B; another one far off is held out."""
    points = [[x1, x2, 1]] * 4 + [[-3, -3, 0]]
    config = RunConfig(
        dataset="points",
        dataset_args={"points": points, "train_share": 10},
        sizes=(2, 1),
        activations=("sigmoid",),
        init="zeros",
        loss="binary_cross_entropy",
        learning_rate=0.1,
    )
    return Trial(config, 1, {"numbers": Reading("numbers")})


_STEPS_OF_TEN = (-1.0, -0.1, -0.01, 0.0, 0.01, 0.1, 1.0)

ONE_UPDATE = Lesson(
    "One update",
    5,
    Question(
        ask=Number((("w1", "change of w1", "w1"), ("w2", "change of w2", "w2")), scale=_STEPS_OF_TEN, right=0, close=1),
        trials=(_one_point(2, 0),),
        labels=(("one update", ""),),
        facts={
            "w1": Fact("numbers.W0.0.0"),
            "w2": Fact("numbers.W0.1.0"),
            "b": Fact("numbers.b0.0"),
        },
        claims=(("w1", ">", 0.09), ("w1", "<", 0.11), ("w2", "==", 0)),
        view="neuron",
        options={"x": [2, 0], "target": 1, "rate": 0.1, "belief": 0.5},
    ),
    Question(
        ask=Choose(
            (("grows", "w2 grows"), ("stays", "w2 stays"), ("shrinks", "w2 shrinks")),
            (("grows", ("w2", ">", 1e-6)), ("shrinks", ("w2", "<", -1e-6)), ("stays", None)),
        ),
        trials=(_one_point(2, -3),),
        labels=(("one update", ""),),
        facts={"w1": Fact("numbers.W0.0.0"), "w2": Fact("numbers.W0.1.0"), "b": Fact("numbers.b0.0")},
        claims=(("w2", "<", -0.1),),
        view="neuron",
        options={"x": [2, -3], "target": 1, "rate": 0.1, "belief": 0.5},
    ),
)

_BLAMED = RunConfig(
    dataset="gauss",
    sizes=(2, 2, 1),
    activations=("tanh", "tanh"),
    init="zeros",
    loss="mse",
    learning_rate=0.3,
    batch_size="full",
)
_BLAMED_EVENTS = _set("W", 0, [[0.8, -0.5], [0.4, 0.9]]) + _set("b", 0, [0.3, -0.2]) + _set("W", 1, [[0.7], [0.0]])
_LINKS = {"numbers": Reading("numbers"), "gradients": Reading("gradients")}
_LINK_FACTS = {
    "into_used": Fact("gradients.W0.0.0", size=True),
    "into_used_2": Fact("gradients.W0.1.0", size=True),
    "into_unused": Fact("gradients.W0.0.1", size=True),
    "into_unused_2": Fact("gradients.W0.1.1", size=True),
    "out_of_unused": Fact("gradients.W1.1.0", size=True),
    "out_of_used": Fact("gradients.W1.0.0", size=True),
}

BLAME = Lesson(
    "Blame",
    6,
    Question(
        ask=Click((2, 2, 1), "gradients"),
        trials=(Trial(_BLAMED, 0, _LINKS, events=_BLAMED_EVENTS),),
        labels=(("blame", ""),),
        facts=_LINK_FACTS,
        claims=(
            ("into_unused", "==", 0),
            ("into_unused_2", "==", 0),
            ("into_used", ">", 1e-6),
            ("into_used_2", ">", 1e-6),
            ("out_of_unused", ">", 1e-6),
            ("out_of_used", ">", 1e-6),
        ),
        view="links",
        setup={"numbers": Reading("numbers")},
    ),
    Question(
        ask=Choose(
            (("same", "Still the same two links"), ("none", "No link at all"), ("other", "The other four")),
            (("same", ("into_unused", "==", 0)), ("other", ("into_used", "==", 0)), ("none", None)),
        ),
        trials=(Trial(_BLAMED, 1, _LINKS, events=_BLAMED_EVENTS),),
        labels=(("after one update", ""),),
        facts=_LINK_FACTS,
        claims=(("into_unused", ">", 1e-9), ("into_unused_2", ">", 1e-9)),
        view="links",
    ),
)


def _xor(width: int, steps: int = 3000) -> Trial:
    config = RunConfig(
        dataset="xor",
        sizes=(2, width, 1) if width else (2, 1),
        activations=("tanh", "tanh") if width else ("tanh",),
        loss="mse",
        learning_rate=0.03,
        batch_size=10,
        evaluate_every=10_000,
    )
    return Trial(config, steps, {"scores": Reading("scores")}, seeds=tuple(range(12)))


def _reached(trial: int) -> Fact:
    return Fact("scores.train", trial, at_least=0.995)


ONE_LINE = Lesson(
    "One line?",
    7,
    Question(
        ask=Number(
            tuple((f"h{width}", f"{width} hidden", f"h{width}") for width in (0, 2, 4, 8)),
            high=12,
            right=1,
            close=2,
            unit="of 12",
        ),
        trials=tuple(_xor(width) for width in (0, 2, 4, 8)),
        labels=(("0", "hidden units"), ("2", "hidden units"), ("4", "hidden units"), ("8", "hidden units")),
        facts={f"h{width}": _reached(k) for k, width in enumerate((0, 2, 4, 8))},
        claims=(("h0", "==", 0), ("h2", "==", 0), ("h4", "<=", 9), ("h8", ">=", 9), ("h8", ">", "h4")),
        view="tally",
        options={"path": "scores.train", "reach": 0.995, "runs": 12},
        setup={"dots": Reading("dots")},
        seconds=8,
    ),
    Question(
        ask=Choose(
            (("none", "None, or one"), ("some", "2 to 6 of 12"), ("most", "7 or more")),
            (("none", ("longer", "<=", 1)), ("some", ("longer", "<=", 6)), ("most", None)),
        ),
        trials=(_xor(2, 6000),),
        labels=(("2", "hidden units, twice as long"),),
        facts={"longer": _reached(0)},
        claims=(("longer", "<=", 1),),
        view="tally",
        options={"path": "scores.train", "reach": 0.995, "runs": 12},
        seconds=6,
    ),
)


def _circle(*, init: str, events: tuple[Event, ...] = (), **args: float) -> Trial:
    config = RunConfig(
        dataset="circle",
        sizes=(2, 4, 2),
        activations=("tanh", "softmax"),
        init=init,
        init_args=args,
        learning_rate=0.1,
        batch_size=10,
        evaluate_every=10_000,
    )
    read = {
        "fields": Reading("fields"),
        "different": Reading("different"),
        "moved": Reading("moved"),
        "scores": Reading("scores"),
    }
    return Trial(config, 1000, read, events=events)


SAME_START = Lesson(
    "Same start",
    7,
    Question(
        ask=Number(
            (("zero", "all 0", "zero"), ("half", "all 0.5", "half"), ("random", "random", "random")),
            high=4,
            right=0,
            close=1,
            unit="of 4",
        ),
        trials=(_circle(init="zeros"), _circle(init="constant", value=0.5), _circle(init="glorot_uniform")),
        labels=(("all 0", "every weight"), ("all 0.5", "every weight"), ("random", "every weight its own")),
        facts={
            "zero": Fact("different.pictures", 0),
            "half": Fact("different.pictures", 1),
            "random": Fact("different.pictures", 2),
            "zero_weights": Fact("moved.hidden_weights", 0),
            "zero_output": Fact("moved.output_weights", 0),
            "zero_hidden_biases": Fact("moved.hidden_biases", 0),
            "zero_biases": Fact("moved.output_biases", 0),
            "zero_right": Fact("scores.heldout", 0, times=100),
            "half_right": Fact("scores.heldout", 1, times=100),
            "random_right": Fact("scores.heldout", 2, times=100),
        },
        claims=(
            ("zero", "==", 0),
            ("half", "==", 1),
            ("random", "==", 4),
            ("zero_weights", "==", 0),
            ("zero_output", "==", 0),
            ("zero_hidden_biases", "==", 0),
            ("zero_biases", "==", 2),
            ("zero_right", "<", 60),
            ("half_right", "<", 80),
            ("random_right", ">", 90),
        ),
        view="plane",
        options={"units": 4},
        seconds=1,
    ),
    Question(
        ask=Choose(
            (("one", "Still one"), ("two", "Two"), ("four", "Four")),
            (("one", ("pictures", "<=", 1)), ("two", ("pictures", "<=", 3)), ("four", None)),
        ),
        trials=(_circle(init="constant", value=0.5, events=_set("W", 0, [[0.6]])),),
        labels=(("all 0.5 but one", "that one is 0.6"),),
        facts={"pictures": Fact("different.pictures")},
        claims=(("pictures", "==", 2),),
        view="plane",
        options={"units": 4},
    ),
)

_DIGITS = {"dataset": "digits", "dataset_args": {}}

#: Hansen's layers, repaired, from small random weights: those of the tutorial are so large that a network of units
#: which hardly change still reads half of the digits.
_CORRECTED = RunConfig(dataset="mnist", init="glorot_uniform", learning_rate=0.1, evaluate_every=100)


def _hansen(rate: float) -> Trial:
    read = {
        "curve": Reading("curve", live=True),
        "moved": Reading("moved"),
        "stuck": Reading("stuck"),
    }
    config = _CORRECTED.replace(learning_rate=rate)
    stand_in = Trial(config.replace(**_DIGITS), 5000, read)
    return Trial(config, 5000, read, instead=stand_in)


def _end(trial: int) -> Fact:
    return Fact("curve.heldout_accuracy", trial, last=10, times=100)


STEP_SIZE = Lesson(
    "How big a step?",
    8,
    Question(
        ask=Sketch(
            (("small", "0.001", 0), ("medium", "0.1", 1), ("big", "3", 2)),
            "curve.heldout_accuracy",
            ("small", "medium", "big"),
            start=10,
        ),
        trials=(_hansen(0.001), _hansen(0.1), _hansen(3)),
        labels=(("0.001", "small"), ("0.1", "medium, 100 × bigger"), ("3", "big, 30 × bigger again")),
        facts={
            "small": _end(0),
            "medium": _end(1),
            "big": _end(2),
            "small_moved": Fact("moved.share", 0, times=100),
            "medium_stuck": Fact("stuck.stuck", 1),
            "big_stuck": Fact("stuck.stuck", 2),
            "units": Fact("stuck.units", 2),
        },
        claims=(
            ("small", "<", 40),
            ("medium", ">", 80),
            ("big", "<", 15),
            ("small_moved", "<", 10),
            ("big_stuck", ">", 40),
            ("medium_stuck", "<", 20),
        ),
        view="curves",
        options={"unit": "right, of 100 unseen", "along": "digits seen", "steps": 5000, "luck": 10},
        seconds=4,
    ),
    Try(1, "learning_rate", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), 1.0, _end(0), 50.0, "of 100"),
)


def _whom(steps: int, updates: int) -> Trial:
    read = {"helped": Reading("helped", {"updates": updates})}
    config = _CORRECTED.replace(evaluate_every=10_000)
    return Trial(config, steps, read, instead=Trial(config.replace(**_DIGITS), steps, read))


_WHOM_FACTS = {
    "first": Fact("helped.helped.0", 0),
    "later": Fact("helped.mean", 1),
    "least": Fact("helped.helped.0", 1),
    "raised": Fact("helped.raised", 1),
}

WHOM = Lesson(
    "Whom did it help?",
    6,
    Question(
        ask=Number(
            (("first", "the very first update", "first"), ("later", "an update after 1,000", "later")),
            high=200,
            right=10,
            close=30,
            unit="of 200",
        ),
        trials=(_whom(0, 1), _whom(1000, 50)),
        labels=(("update 1", "the very first"), ("after 1,000", "mean of 50 updates")),
        facts=_WHOM_FACTS,
        claims=(("first", "<=", 40), ("later", ">=", 80), ("later", "<=", 120)),
        view="others",
        options={"others": 200},
        seconds=2,
    ),
    Question(
        ask=Choose(
            (("few", "Fewer than 10"), ("half", "10 to 40"), ("most", "More than 40")),
            (("few", ("raised", "<", 10)), ("half", ("raised", "<=", 40)), ("most", None)),
        ),
        trials=(_whom(0, 1), _whom(1000, 50)),
        labels=(("update 1", "the very first"), ("after 1,000", "50 updates")),
        facts=_WHOM_FACTS,
        claims=(("raised", ">=", 10), ("raised", "<=", 40)),
        view="others",
        options={"others": 200, "raised": True},
        seconds=2,
    ),
)


def _pass(batch: int | str, rate: float = 0.1) -> Trial:
    """One pass over the 41,000; the bundled digits, which are fewer, take four."""
    read = {"scores": Reading("scores")}
    config = PRESETS["zhang-corrected"].replace(batch_size=batch, learning_rate=rate, evaluate_every=100_000)
    seeds = (0, 1, 2)
    rows, few = 41_000, 1437
    steps, again = (1, 4) if batch == "full" else (-(-rows // batch), 4 * -(-few // batch))
    return Trial(config, steps, read, seeds, instead=Trial(config.replace(**_DIGITS), again, read, seeds))


_BATCHES = (("full", "all at once"), ("100", "100 at a time"), ("10", "10 at a time"), ("1", "one at a time"))


def _share(trial: int) -> Fact:
    return Fact("scores.heldout", trial, times=100)


ONE_PASS = Lesson(
    "One pass",
    6,
    Question(
        ask=Rank(tuple((name, label, f"b{name}") for name, label in _BATCHES), tie=3),
        trials=(_pass("full"), _pass(100), _pass(10), _pass(1)),
        labels=tuple((label, "") for _, label in _BATCHES),
        facts={f"b{name}": _share(k) for k, (name, _) in enumerate(_BATCHES)},
        claims=(("b10", ">", "b100"), ("b100", ">", "b1"), ("b1", ">", "bfull"), ("bfull", "<", 30), ("b10", ">", 80)),
        view="bars",
        options={"path": "scores.heldout", "luck": 10},
        seconds=6,
    ),
    Question(
        ask=Choose(
            (("worse", "Worse than before"), ("same", "About the same"), ("better", "Much better")),
            (("worse", ("gain", "<", -10)), ("same", ("gain", "<", 10)), ("better", None)),
        ),
        trials=(_pass(1), _pass(1, 0.01)),
        labels=(("rate 0.1", "one at a time"), ("rate 0.01", "one at a time")),
        facts={"gain": Fact("scores.heldout", 1, minus=0, times=100), "before": _share(0), "after": _share(1)},
        claims=(("gain", ">=", 10),),
        view="bars",
        options={"path": "scores.heldout", "luck": 10},
        seconds=8,
    ),
)


def _patient(times: int = 1, **changes: Any) -> Trial:
    read = {"scores": Reading("scores"), "check": Reading("gradient_error")}
    config = PRESETS["hansen-as-published"].replace(evaluate_every=1_000_000, **changes)
    return Trial(config, 10_000 * times, read, instead=Trial(config.replace(**_DIGITS), 6000 * times, read))


_PATIENT_FACTS = {
    "published": _share(0),
    "longer": _share(1),
    "biases": _share(2),
    "jacobian": _share(3),
    "rate": _share(4),
    "published_error": Fact("check.error", 0),
    "jacobian_error": Fact("check.error", 3),
    "rate_error": Fact("check.error", 4),
    "rate_agrees": Fact("check.agrees", 4),
}
_PATIENT = (_patient(), _patient(3), _patient(bias=True), _patient(bug=()), _patient(learning_rate=1.0))
_PATIENT_LABELS = (
    ("as published", ""),
    ("three times as long", ""),
    ("with biases", ""),
    ("the right Jacobian", ""),
    ("rate 1 for 0.001", ""),
)

PATIENT = Lesson(
    "The patient",
    8,
    Question(
        ask=Choose(
            (
                ("longer", "Train three times as long"),
                ("biases", "Give it biases"),
                ("jacobian", "Repair the gradient (the right Jacobian)"),
                ("rate", "A learning rate of 1"),
            ),
            (
                ("rate", ("rate", ">", "longer")),
                ("longer", ("longer", ">", "jacobian")),
                ("jacobian", ("jacobian", ">", "biases")),
                ("biases", None),
            ),
        ),
        trials=_PATIENT,
        labels=_PATIENT_LABELS,
        facts=_PATIENT_FACTS,
        claims=(
            ("rate", ">", 80),
            ("longer", "<", 50),
            ("jacobian", "<", 50),
            ("biases", "<", 50),
            ("published", "<", 50),
            ("published_error", ">", 0.01),
            ("jacobian_error", "<", 1e-5),
        ),
        view="bars",
        options={"path": "scores.heldout", "luck": 10},
        seconds=6,
    ),
    Question(
        ask=Choose(
            (("green", "Green: the gradient is right"), ("red", "Red: the gradient is wrong")),
            (("green", ("agrees", "==", 1)), ("red", None)),
        ),
        trials=(_patient(learning_rate=1.0), _patient(bug=())),
        labels=(("rate 1, as published", ""), ("right Jacobian, rate 0.001", "")),
        facts={
            "agrees": Fact("check.agrees", 0),
            "error": Fact("check.error", 0),
            "right_error": Fact("check.error", 1),
            "rate": _share(0),
            "jacobian": _share(1),
        },
        claims=(("agrees", "==", 0), ("error", ">", 0.05), ("right_error", "<", 1e-5), ("rate", ">", "jacobian")),
        view="bars",
        options={"path": "scores.heldout", "luck": 10, "check": "check.agrees"},
        seconds=3,
    ),
)

#: The course, in its order. A name is a lesson's address and the name of its file of words.
LESSONS: dict[str, Lesson] = {
    "a-weight": A_WEIGHT,
    "one-update": ONE_UPDATE,
    "blame": BLAME,
    "one-line": ONE_LINE,
    "same-start": SAME_START,
    "step-size": STEP_SIZE,
    "whom": WHOM,
    "one-pass": ONE_PASS,
    "the-patient": PATIENT,
}
