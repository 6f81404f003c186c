"""Experiment: a few configurations trained without being watched, to answer a question by numbers.

    trial = Trial(RunConfig(dataset="xor", sizes=(2, 4, 1), loss="mse"), steps=3000, seeds=range(12),
                  read={"scores": Reading("scores")})
    experiment = Experiment([trial])
    while not experiment.ended:
        experiment.advance(seconds=0.02)
    experiment.results                 # plain numbers and lists, one entry a trial

It works in slices, so that whoever runs it stays responsive, and all trials advance side by side, so that their numbers
can be watched as they come. Results depend on the trials alone, as runs do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .config import RunConfig
from .datasets import DATASETS
from .datasets.dataset import DataUnavailable
from .events import Event
from .presets import PRESETS
from .probes import PROBES, View
from .run import Run

#: Limits that keep an experiment within a worker's means; work is counted in multiplications.
MAX_TRIALS = 12
MAX_SEEDS = 24
MAX_EVENTS = 16
MAX_READINGS = 8
MAX_UPDATES = 500_000
MAX_WORK = 3e11

#: Longest stretch of training between two looks at the clock, in seconds.
SLICE = 0.01


@dataclass(frozen=True)
class Reading:
    """What is read off a run: a probe with its arguments. A `live` one is read while the run trains, too."""

    probe: str
    args: Mapping[str, Any] = field(default_factory=dict)
    live: bool = False

    @classmethod
    def from_dict(cls, plain: Any) -> Reading:
        """Build from {"probe", "args"?, "live"?}. Raises ValueError naming what is wrong."""
        known = _object("read", plain, ("probe", "args", "live"))
        name, args, live = known.get("probe"), known.get("args", {}), known.get("live", False)
        if not isinstance(name, str) or name not in PROBES:
            raise ValueError(f"read: there is no probe {str(name)[:40]!r}; there are {', '.join(PROBES)}.")
        if not isinstance(args, Mapping) or not isinstance(live, bool):
            raise ValueError("read: args must be an object, and live true or false.")
        PROBES[name].check(args)
        return cls(name, dict(args), live)

    def __call__(self, view: View) -> dict[str, Any]:
        """The probe's numbers and arrays as plain JSON values; those of a probe that comes in pieces, whole."""
        probe = PROBES[self.probe]
        if not probe.incremental:
            return plain_values(probe(view, **self.args))
        found: dict[str, Any] = {}
        start, total = 0, 1
        while start < total:
            piece = plain_values(probe(view, **self.args, start=start))
            total = piece.pop("total")
            length = max((len(value) for value in piece.values() if isinstance(value, list)), default=0)
            for name, value in piece.items():
                found[name] = found.get(name, []) + value if isinstance(value, list) else value
            if not length:
                break
            start += length
        return found


@dataclass(frozen=True)
class Trial:
    """One configuration, trained for `steps` updates from each of `seeds`, with the events given and then read off.

    `read` maps names to Readings. `instead` is the Trial that stands in where the data of this one is not on this
    machine: an experiment never waits for a download.
    """

    config: RunConfig
    steps: int
    read: Mapping[str, Reading]
    seeds: tuple[int, ...] = (0,)
    events: tuple[Event, ...] = ()
    instead: Trial | None = None

    @classmethod
    def from_dict(cls, plain: Any) -> Trial:
        """Build from plain JSON values: {"preset" or "config", "changes"?, "steps", "seeds"?, "events"?, "read",
        "instead"?}. Raises ValueError with a sentence naming what is wrong; nothing is believed."""
        known = _object(
            "A trial", plain, ("preset", "config", "changes", "steps", "seeds", "events", "read", "instead")
        )
        read = _object("read", known.get("read"), None)
        if not 1 <= len(read) <= MAX_READINGS:
            raise ValueError(f"read: name 1 to {MAX_READINGS} readings.")
        events = known.get("events", [])
        if not isinstance(events, list) or len(events) > MAX_EVENTS:
            raise ValueError(f"events must be a list of at most {MAX_EVENTS}.")
        seeds = known.get("seeds", [0])
        if not isinstance(seeds, list) or not 1 <= len(seeds) <= MAX_SEEDS:
            raise ValueError(f"seeds must be a list of 1 to {MAX_SEEDS} numbers.")
        steps = _whole("steps", known.get("steps"), MAX_UPDATES)
        built = [Event.from_dict(event) for event in events]
        if any(not 0 <= event.step <= steps for event in built):
            raise ValueError(f"events: every event must happen at one of the updates 0 to {steps:,}.")
        instead = known.get("instead")
        return cls(
            config=_config(known),
            steps=steps,
            read={str(name)[:40]: Reading.from_dict(reading) for name, reading in read.items()},
            seeds=tuple(_whole("seeds", seed, 2**32 - 1) for seed in seeds),
            events=tuple(sorted(built, key=lambda event: event.step)),
            instead=None if instead is None else cls.from_dict(instead),
        )

    @property
    def here(self) -> Trial:
        """This trial, or the one that stands in for it where its data is not on this machine."""
        return self if self.instead is None or DATASETS[self.config.dataset].ready() else self.instead

    @property
    def updates(self) -> int:
        """Updates over all seeds."""
        return self.steps * len(self.seeds)

    def changed(self, **changes: Any) -> Trial:
        """The same trial with other choices. Raises ValueError where they do not fit."""
        instead = None if self.instead is None else self.instead.changed(**changes)
        return replace(self, config=self.config.replace(**changes), instead=instead)

    def begun(self, seed: int) -> Run:
        """The run from one of the seeds, with its data; DataUnavailable where that cannot be had."""
        return Run(self.config.replace(seed=seed))


class Experiment:
    """Trains all runs of some trials. `done` of `total` updates are made; `results` grow as runs come to their ends.

    Raises ValueError with a sentence where the trials are too many or too large.
    """

    def __init__(self, trials: Iterable[Trial]):
        self.trials = [trial.here for trial in trials]
        if not 1 <= len(self.trials) <= MAX_TRIALS:
            raise ValueError(f"An experiment has 1 to {MAX_TRIALS} trials.")
        self.total = sum(trial.updates for trial in self.trials)
        self.done = 0
        self.results: list[dict[str, Any]] = []
        for trial in self.trials:
            self.results.append({"data": trial.config.dataset, "steps": trial.steps, "runs": []})
        self._check_size()
        self._round = 0
        self._running: list[_Running] = []
        self._fresh: list[dict[str, Any]] = []

    @property
    def ended(self) -> bool:
        """Whether every run has come to its end."""
        return not self._running and self._round >= max(len(trial.seeds) for trial in self.trials)

    def advance(self, seconds: float) -> int:
        """Train for about so many seconds; returns the updates made. DataUnavailable where data cannot be had."""
        before, until = self.done, time.perf_counter() + seconds
        while not self.ended and time.perf_counter() < until:
            if not self._running:
                self._begin_round()
            self._advance_one(min(SLICE, seconds))
        return self.done - before

    def news(self) -> list[dict[str, Any]]:
        """What has come since the last call: runs that ended, whole, and the live readings of those under way."""
        news, self._fresh = self._fresh, []
        return news + [running.state() for running in self._running if running.live]

    def so_far(self) -> list[dict[str, Any]]:
        """All news again, for somebody who comes late."""
        ended = [{"trial": k, **run} for k, result in enumerate(self.results) for run in result["runs"]]
        return ended + [running.state() for running in self._running if running.live]

    def _begin_round(self) -> None:
        """Begin a run of every trial from its next seed."""
        k, self._round = self._round, self._round + 1
        for number, trial in enumerate(self.trials):
            if k < len(trial.seeds):
                self._running.append(_Running(number, trial, trial.seeds[k]))

    def _advance_one(self, seconds: float) -> None:
        """Train the run that is furthest behind, and read it off at its end."""
        running = min(self._running, key=lambda one: one.share)
        self.done += running.advance(seconds)
        if running.ended:
            self.done += running.left
            self._running.remove(running)
            entry = running.state(whole=True)
            self.results[running.number]["runs"].append({k: v for k, v in entry.items() if k != "trial"})
            self._fresh.append(entry)

    def _check_size(self) -> None:
        if self.total > MAX_UPDATES:
            raise ValueError(f"An experiment may take {MAX_UPDATES:,} updates in all; this one takes {self.total:,}.")
        work = sum(trial.updates * _work(trial.config) for trial in self.trials)
        if work > MAX_WORK:
            raise ValueError(
                f"An experiment may take {MAX_WORK:.0e} multiplications; this one takes {work:.0e}. Take fewer updates."
            )


class _Running:
    """One run under way: events happen on the way, readings are taken at its end."""

    def __init__(self, number: int, trial: Trial, seed: int):
        self.number, self.trial, self.seed = number, trial, seed
        self.run = trial.begun(seed)
        self._waiting = list(trial.events)
        self._happen()
        self.live = any(reading.live for reading in trial.read.values())

    @property
    def share(self) -> float:
        return self.run.step / self.trial.steps if self.trial.steps else 1.0

    @property
    def left(self) -> int:
        """Updates that a stopped run does not make."""
        return self.trial.steps - self.run.step

    @property
    def ended(self) -> bool:
        return self.run.step >= self.trial.steps or self.run.stopped is not None

    def advance(self, seconds: float) -> int:
        goal = self._waiting[0].step if self._waiting else self.trial.steps
        done = self.run.advance(steps=goal - self.run.step, seconds=seconds)
        self._happen()
        return done

    def _happen(self) -> None:
        while self._waiting and self._waiting[0].step == self.run.step:
            event = self._waiting.pop(0)
            proposed = self.run.propose(event.kind, **event.values)
            if proposed is not None:
                self.run.apply(proposed)

    def state(self, whole: bool = False) -> dict[str, Any]:
        """Where it stands, with its live readings or, `whole`, all of them."""
        view = View(self.run)
        read = {name: one(view) for name, one in self.trial.read.items() if whole or one.live}
        return {
            "trial": self.number,
            "seed": self.seed,
            "step": self.run.step,
            "stopped": self.run.stopped or "" if whole else "",
            "ended": whole,
            "read": read,
        }


def plain_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """A probe's result as JSON values: arrays as nested lists, numbers to six digits, None for nan and inf."""
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _work(config: RunConfig) -> float:
    """Multiplications of one update: three a weight and row."""
    weights = sum(a * b for a, b in zip(config.sizes, config.sizes[1:], strict=False))
    rows = 60_000 if config.batch_size == "full" else config.batch_size
    return 3.0 * weights * rows


def _config(known: Mapping[str, Any]) -> RunConfig:
    """A trial's configuration: a preset's or its own, with changes."""
    preset, config, changes = known.get("preset"), known.get("config"), known.get("changes", {})
    if (preset is None) == (config is None):
        raise ValueError("A trial needs either a preset or a config.")
    if preset is not None and (not isinstance(preset, str) or preset not in PRESETS):
        raise ValueError(f"There is no preset {str(preset)[:40]!r}; choose one of {', '.join(PRESETS)}.")
    base = PRESETS[preset] if preset is not None else RunConfig.from_dict(config)
    return base.replace(**_object("changes", changes, None))


def _object(name: str, value: Any, keys: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name} must be an object of names and values.")
    for key in value:
        if keys is not None and key not in keys:
            raise ValueError(f"{name} takes no {key[:40]!r}; it takes {', '.join(keys)}.")
    return value


def _whole(name: str, value: Any, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise ValueError(f"{name} must be a whole number from 0 to {high:,}, not {str(value)[:40]}.")
    return value


__all__ = ["DataUnavailable", "Experiment", "Reading", "Trial"]
