"""Run: one training, as a configuration and the list of what the learner did to it.

    run = Run("digits")
    run.advance(steps=1000)
    run.change(learning_rate=0.01)
    run.advance(seconds=1.0)
    earlier = run.at(400)              # the network after 400 updates; the run stays where it is
    other = run.fork(400, batch_size=10)

Its state after s updates depends on the configuration and the events up to s alone: not on how the updates were split
over calls, on who looked, or on which process computed them. Checkpoints and curves are caches of that.
"""

from __future__ import annotations

import hashlib
import json
import math
import numbers
import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .arguments import shown
from .checkpoints import SPACING, Checkpoints, numerics_id, pack, unpack
from .config import CHANGEABLE, RunConfig, check_settings, evaluation_interval
from .datasets import DATASETS
from .datasets.dataset import Dataset, DataUnavailable
from .evaluation import evaluate, targets_for
from .events import EVENT_VALUES, Event
from .network import Network
from .playback import Playback
from .presets import PRESETS
from .recent import RECENT, Moves, Recent
from .steps import Step
from .training import MAX_NORM_BATCH

#: The columns of a run's curves.
CURVES = ("step", "loss", "accuracy", "heldout_loss", "heldout_accuracy")
#: Rows of the training data that its curve is measured on (all, where there are fewer).
TRAIN_SAMPLE = 1000
#: Longest stretch of training, in seconds, between two looks at the clock.
SLICE = 0.005
#: Updates that `step_at` keeps, so that looking at one again and again costs nothing.
LOOKED_AT = 3
#: Seconds that repeating the last few updates may take, beside the way from a checkpoint.
QUICK = 0.4
FORMAT = 1


class Run:
    """A training run that can be advanced, changed, visited at any update, and forked.

    config: a RunConfig or the name of a preset. Raises ValueError for an unknown preset or a configuration that does
    not fit its data, DataUnavailable where the data cannot be had.
    """

    def __init__(self, config: RunConfig | str = "digits", *, dataset: Dataset | None = None):
        if isinstance(config, str):
            if config not in PRESETS:
                raise ValueError(f"There is no preset {shown(config)}; choose one of {', '.join(PRESETS)}.")
            config = PRESETS[config]
        if not isinstance(config, RunConfig):
            raise ValueError(f"Run: give a RunConfig or the name of a preset, not {type(config).__name__}.")
        self.config = config
        self.dataset = DATASETS[config.dataset](**config.dataset_args) if dataset is None else dataset
        _check_fit(config, self.dataset)
        self._targets = {split: targets_for(config, self.dataset, split) for split in ("train", "heldout")}
        self._events: list[Event] = []
        self._curve: list[tuple] = []
        self._table = (self._curve, np.empty((0, len(CURVES))))
        self._checkpoints = Checkpoints()
        self._now = self._playback()
        self._past: Playback | None = None
        self._recent = Recent(self._now)
        self._looked_at: dict[tuple[int, int], Step] = {}
        self._seconds = self._checkpointed = 0.0
        self._elsewhere = 0.0  # seconds of training that other processes did
        self._pace = 1000.0  # updates a second, measured
        self._head = 0
        self._snapshot: tuple[Any, Network] | None = None
        self._arrive()

    def _playback(self) -> Playback:
        return Playback(self.config, self.dataset, self._targets["train"])

    # -- where it stands -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Updates done."""
        return self._now.step

    @property
    def epoch(self) -> int:
        """Passes over the training data completed."""
        return self._now.trainer.epoch

    @property
    def head(self) -> int:
        """The furthest update reached; beyond the present after `goto` back."""
        return self._head

    @property
    def seen(self) -> int:
        """Training rows learned from so far, repeats counted."""
        return self.epoch * self.dataset.n_train + self._now.trainer.offset

    @property
    def seconds(self) -> float:
        """How long this process has trained it, in seconds; what was computed elsewhere does not count."""
        return self._seconds

    @property
    def last_loss(self) -> float:
        """Loss of the last update, before it and without penalties; nan before the first."""
        return self._now.trainer.last_loss

    @property
    def settings(self) -> Mapping[str, Any]:
        """What is in force now, of all that may change during training."""
        return MappingProxyType(self._now.settings)

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that was done to the run, in order, future ones (after `goto` back) included."""
        return tuple(self._events)

    @property
    def network(self) -> Network:
        """The network now: a copy that stays as it is when training goes on."""
        key = (self.step, self._applied(self.step))
        if self._snapshot is None or self._snapshot[0] != key:
            self._snapshot = (key, self._now.trainer.network.copy())
        return self._snapshot[1]

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """Arrays "step", "loss", "accuracy", "heldout_loss", "heldout_accuracy", one entry a curve point up to `head`.

        Points fall on multiples of `evaluate_every`. "loss" and "accuracy" are measured on the first 1,000 training
        rows (all, where there are fewer), the held-out ones on all held-out rows, at the weights of that step.
        """
        table = dict(zip(CURVES, self.curve_table().T, strict=True))
        return {name: column.astype(np.int64 if name == "step" else np.float64) for name, column in table.items()}

    def curve_table(self) -> np.ndarray:
        """The same as one array, float64 (points, 5), columns as in CURVES. It is kept and only grows: do not write."""
        points, table = self._table
        if points is not self._curve or len(table) != len(self._curve):
            known = table if points is self._curve else table[:0]
            fresh = np.array(self._curve[len(known) :], np.float64).reshape(-1, len(CURVES))
            table = np.concatenate([known, fresh])
            table.flags.writeable = False
            self._table = (self._curve, table)
        return table

    @property
    def diverged(self) -> str | None:
        """Where and how training broke, as a sentence; None while the numbers are finite."""
        return self._now.trainer.diverged

    @property
    def stopped(self) -> str | None:
        """Why the run goes no further from here, as a sentence; None while it can."""
        trainer, stop = self._now.trainer, self.settings["stop"]
        if trainer.diverged:
            return trainer.diverged
        if self.step >= stop.get("step", math.inf):
            return f"It stopped after {self.step:,} updates, as it was asked to."
        if self.epoch >= stop.get("epoch", math.inf):
            return f"It stopped after {self.epoch:,} passes over the training data, as it was asked to."
        k = bisect_right(self._curve, (self.step, math.inf)) - 1
        if k < 0 or self._curve[k][0] != self.step or not (stop.keys() & {"loss", "accuracy", "patience"}):
            return None
        point = dict(zip(CURVES, self._curve[k], strict=True))
        if point["heldout_loss"] <= stop.get("loss", -math.inf):
            return f"It stopped because the held-out loss reached {point['heldout_loss']:.4g}."
        if point["heldout_accuracy"] >= stop.get("accuracy", math.inf):
            return f"It stopped because the held-out accuracy reached {point['heldout_accuracy']:.1%}."
        patience = stop.get("patience", math.inf)
        losses = [row[3] for row in self._curve[: k + 1]]
        if k - int(np.argmin(losses)) >= patience:
            return f"It stopped because the held-out loss had not improved for {patience:,} evaluations."
        return None

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.config.sizes))
        return f"Run({self.config.dataset} {sizes}, step {self.step:,}, epoch {self.epoch}, {len(self._events)} events)"

    # -- training ------------------------------------------------------------------------------------------------------

    def advance(self, steps: int | None = None, *, seconds: float | None = None) -> int:
        """Train for `steps` updates, or for about `seconds`, or whichever comes first; return the updates done.

        Recorded events on the way are applied again. Fewer updates are done where the run stops, see `stopped`.
        """
        if steps is None and seconds is None:
            raise ValueError("advance: say how far, in steps or in seconds.")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0):
            raise ValueError(f"advance: steps must be a whole number of at least 0, not {shown(steps)}.")
        known = seconds is None or (isinstance(seconds, numbers.Real) and not isinstance(seconds, bool))
        if not known or (seconds is not None and not 0 <= seconds < math.inf):
            raise ValueError(f"advance: seconds must be a number of at least 0, not {shown(seconds)}.")
        begin = time.perf_counter()
        first = self.step
        last = math.inf if steps is None else first + int(steps)
        while self.step < last and self.stopped is None:
            if seconds is not None and time.perf_counter() - begin >= seconds:
                break
            target = min(last, self._next_boundary())
            if seconds is not None:
                target = min(target, self.step + max(1, int(self._pace * min(SLICE, seconds))))
            if self._train(target - self.step):
                self._arrive()
        return self.step - first

    def _train(self, updates: int) -> int:
        begin = time.perf_counter()
        watched = self._recent.wanted(updates)
        done = self._now.trainer.advance(updates - watched)
        if watched and done == updates - watched:
            done += self._recent.watch(watched)
        spent = time.perf_counter() - begin
        self._seconds += spent
        if done:
            self._pace = 0.8 * self._pace + 0.2 * done / max(spent, 1e-6)
        return done

    def _next_boundary(self) -> int:
        """The next update at which something happens besides training."""
        stop = self.settings["stop"]
        nearest = [self._next_point(), self.step + max(1, int(self._pace * SPACING))]
        if "step" in stop:
            nearest.append(stop["step"])
        if "epoch" in stop:
            nearest.append(self.step + self._updates_in_epoch())
        for event in self._events:
            if event.step > self.step:
                nearest.append(event.step)
                break
        if self._checkpoint_due() and not self._now.trainer.on_block_edge:
            nearest.append(self.step + self._now.trainer.updates_to_edge())
        return min(nearest)

    def _updates_in_epoch(self) -> int:
        """Updates until the present epoch ends (at least; the last batches of an epoch may be joined)."""
        trainer = self._now.trainer
        return max(1, (trainer.n - trainer.offset) // trainer.batch_size)

    def _arrive(self) -> None:
        """What is due at the present update: a checkpoint, a curve point, recorded events, in this order."""
        step = self.step
        if (self._checkpoint_due() or step == 0) and self._now.trainer.on_block_edge:
            self._checkpoints.add(step, self._now.state(), self._elsewhere + self._seconds)
            self._checkpointed = self._seconds
        if self._is_point(step) and (not self._curve or self._curve[-1][0] < step):
            self._curve.append((step, *self.measure()))
        for event in self._events:
            if event.step == step:
                self._now.apply(event)
        self._head = max(self._head, step)

    def _checkpoint_due(self) -> bool:
        return self.step >= self._head and self._seconds - self._checkpointed >= SPACING

    @property
    def measured_rows(self) -> int:
        """How many rows `measure` looks at."""
        return min(TRAIN_SAMPLE, self.dataset.n_train) + self.dataset.n_heldout

    def measure(self) -> tuple[float, float, float, float]:
        """What a curve point at this very update says: loss, accuracy, held-out loss and accuracy. Changes nothing."""
        network = self._now.trainer.network
        self._now.trainer.sync()
        result = []
        for split, rows in (("train", TRAIN_SAMPLE), ("heldout", self.dataset.n_heldout)):
            result += evaluate(network, self.config.loss, self.dataset, split, self._targets[split], rows)
        return tuple(result)

    def _interval(self, step: int) -> int:
        every = self.settings["evaluate_every"]
        if every != "auto":
            return every
        rows, batch = self.measured_rows, self._now.trainer.batch_size
        return evaluation_interval(self.config, step, rows_evaluated=rows, rows_an_update=batch)

    def _is_point(self, step: int) -> bool:
        return step % self._interval(step) == 0

    def _next_point(self) -> int:
        """The next update that is a multiple of its own interval. Intervals only grow with the step."""
        after = self.step
        while True:
            interval = self._interval(after + 1)
            candidate = (after // interval + 1) * interval
            if self._interval(candidate) == interval:
                return candidate
            low, high = after + 1, candidate  # the interval grows somewhere in between: go on from there
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if self._interval(middle) == interval else (low, middle)
            if self._is_point(low):
                return low
            after = low

    # -- events --------------------------------------------------------------------------------------------------------

    def change(self, /, **settings) -> Run:
        """Change settings from here on: at the head an event of this run, which is returned; before it, a fork.

        Raises ValueError, before anything changes, where a setting is unknown, needs a new run, or is not allowed.
        """
        return self._do("change", **settings)

    def parameter(self, layer: int, array: str, index, value: float) -> Run:
        """Set one number of a layer's "W" or "b"; a fork when before the head."""
        return self._do("parameter", layer=layer, array=array, index=index, value=value)

    def unit(self, layer: int, index: int, on: bool) -> Run:
        """Switch one unit of a hidden layer off (its output becomes 0) or on again; a fork when before the head."""
        return self._do("unit", layer=layer, index=index, on=on)

    def _do(self, kind: str, /, **values) -> Run:
        event = self.propose(kind, **values)
        if event is None:
            return self
        run = self if self.step == self.head else self.fork()
        run.apply(event)
        return run

    def propose(self, kind: str, /, **values) -> Event | None:
        """The event that `values` would be at the present update, checked; None where it would change nothing."""
        needed = EVENT_VALUES.get(kind)
        if needed is not None and set(values) != set(needed):
            raise ValueError(f"The event {kind} needs exactly these values: {', '.join(needed)}.")
        if kind == "change":
            changed = self._checked_change(values)
            return Event(self.step, kind, changed) if changed else None
        if kind == "parameter":
            checked, same = self._checked_parameter(**values)
        elif kind == "unit":
            checked, same = self._checked_unit(**values)
        else:
            raise ValueError(f"There is no event {shown(kind)}; choose one of change, parameter, unit.")
        return None if same else Event(self.step, kind, checked)

    def apply(self, event: Event) -> None:
        """Record a proposed event and put it in force. Raises ValueError where the run has moved since."""
        if event.step != self.step or self.step != self.head:
            raise ValueError("This event was meant for another update of the run; propose it again.")
        self._events.append(event)
        if self._past is not None and self._past.step >= event.step:
            self._past = None
        self._now.apply(event)

    def _checked_change(self, values: Mapping[str, Any]) -> dict:
        values = dict(values)
        for kind in ("optimizer", "schedule"):
            if values.get(kind, self.settings[kind]) != self.settings[kind]:
                values.setdefault(f"{kind}_args", {})
        check_settings(values, layers=len(self.config.sizes) - 1)
        now = self.config.replace(**self.settings)
        whole = now.replace(**values)
        _check_fit(whole, self.dataset)
        changed = {name: getattr(whole, name) for name in values if getattr(whole, name) != getattr(now, name)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in changed.items()}

    def _checked_parameter(self, layer, array, index, value) -> tuple[dict, bool]:
        dense = self.network.layers[_index("layer", layer, len(self.config.sizes) - 1)]
        if array not in ("W", "b") or (array == "b" and dense.b is None):
            raise ValueError(f"array: {shown(array)} is not one of {'W' if dense.b is None else 'W, b'}.")
        target = dense.W if array == "W" else dense.b
        several = isinstance(index, tuple | list) or (isinstance(index, np.ndarray) and index.ndim == 1)
        places = list(index) if several else [index]
        if len(places) != target.ndim:
            wanted = "one whole number" if target.ndim == 1 else "two whole numbers"
            raise ValueError(f"index: {array} has shape {target.shape}, so give {wanted}, not {shown(index)}.")
        places = [_index("index", place, size) for place, size in zip(places, target.shape, strict=True)]
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not abs(value) <= 1e6:
            raise ValueError(f"value: {shown(value)} is not a number from -1,000,000 to 1,000,000.")
        same = bool(target[tuple(places)] == target.dtype.type(value))
        return {"layer": int(layer), "array": array, "index": places, "value": float(value)}, same

    def _checked_unit(self, layer, index, on) -> tuple[dict, bool]:
        hidden = len(self.config.sizes) - 2
        if hidden == 0:
            raise ValueError("layer: this network has no hidden units to switch.")
        dense = self.network.layers[_index("layer", layer, hidden)]
        place = _index("index", index, dense.fan_out)
        if not isinstance(on, bool | np.bool_):
            raise ValueError(f"on: {shown(on)} is neither true nor false.")
        is_on = dense.units_on is None or bool(dense.units_on[place])
        return {"layer": int(layer), "index": place, "on": bool(on)}, is_on == on

    # -- history -------------------------------------------------------------------------------------------------------

    def goto(self, step: int) -> Run:
        """Move the present to `step`: back or forth within what was computed, or train on to it. Returns the run."""
        step = _index("step", step, 10**12)
        if step < self.step or step <= self.head:
            self._now.seek(step, self._events, self._checkpoints)
        if step > self.step:
            self.advance(steps=step - self.step)
        return self

    def at(self, step: int) -> Network:
        """The network after `step` updates, the events at `step` applied. The run stays where it is.

        Raises FloatingPointError with a sentence where training breaks before it.
        """
        step = _index("step", step, 10**12)
        if step == self.step:
            return self.network
        visitor = self._visit(step)
        if visitor.step != step:
            raise FloatingPointError(visitor.trainer.diverged)
        return visitor.trainer.network.copy()

    def step_at(self, step: int) -> Step:
        """The update that takes `at(step)` to the state before the events at `step + 1`, with its `rules`.

        The last few are kept. Raises FloatingPointError with a sentence where training breaks at it.
        """
        step = _index("step", step, 10**12)
        key = (step, self._applied(step))
        if key not in self._looked_at:
            visitor = self._playback()
            visitor.seek(step, self._events, self._checkpoints)
            rules = visitor.trainer.rules()
            found = visitor.trainer.step()
            found.rules = rules
            self._looked_at[key] = found
            while len(self._looked_at) > LOOKED_AT:
                del self._looked_at[next(iter(self._looked_at))]
        return self._looked_at[key]

    def order(self, epoch: int) -> np.ndarray:
        """The training rows in the order in which `epoch` visits them, (n_train,)."""
        return self._now.trainer.order(epoch)

    def _visit(self, step: int) -> Playback:
        """A second trainer at `step`, kept so that looking around nearby is quick."""
        if self._past is None:
            self._past = self._playback()
            start, state = self._checkpoints.before(step)
            self._past.load(state, start, self._events)
        self._past.seek(step, self._events, self._checkpoints)
        return self._past

    def recent(self, step: int, *, whole: bool = False) -> Moves | None:
        """By how much the last updates before `step` moved each layer, see Moves; None before the first.

        The run stays where it is: unless they were watched, these updates are done once more.
        """
        step = _index("step", step, 10**12)
        known = self._recent.moves
        if known is not None and known.step == step == self.step and (known.last is not None or not whole):
            return known
        if step == 0:
            return None
        visitor = self._visit(max(0, step - RECENT))
        again = Recent(visitor)
        with again.looking(whole=whole):
            visitor.follow(step - 1, self._events)
            visitor.trainer.advance(1)
        for event in self._events:
            if event.step == step:
                visitor.apply(event)
        return again.moves

    def watched(self, *, whole: bool = False) -> Moves | None:
        """The same as of the last time that updates were watched, which costs no repetition; and watch the next ones.

        None where none were, or where the run has been wound back since.
        """
        known = self._recent.moves
        self._recent.ask(whole=whole)
        return known if known is not None and known.step <= self.step else None

    @property
    def quick_to_repeat(self) -> bool:
        """Whether the last few updates can be done once more without keeping anybody waiting."""
        return RECENT / self._pace < QUICK

    def kept(self) -> tuple[int, ...]:
        """Updates for which `at` needs no training, because their states are kept."""
        return self._checkpoints.steps()

    def fork(self, step: int | None = None, **changes) -> Run:
        """A new run that shares this one's past up to `step` (now, by default), then differs by `changes`."""
        step = self.step if step is None else _index("step", step, self.head + 1)
        fork = Run(self.config, dataset=self.dataset)
        fork._events = [event for event in self._events if event.step <= step]
        fork._curve = [point for point in self._curve if point[0] <= step]
        fork._checkpoints = self._checkpoints.upto(step)
        fork._seconds = fork._checkpointed = self._seconds
        fork._elsewhere = self._elsewhere
        fork._head = step
        start, state = fork._checkpoints.before(step)
        fork._now.load(state, start, fork._events)
        fork._now.seek(step, fork._events, fork._checkpoints)
        return fork.change(**changes) if changes else fork

    def restarted(self, seed: int | None = None) -> Run:
        """A new run from update 0 with the settings now in force, and with another seed where one is given."""
        settings = dict(self.settings)
        if seed is not None:
            settings["seed"] = seed
        return Run(self.config.replace(**settings), dataset=self.dataset)

    def _applied(self, step: int) -> int:
        return sum(event.step <= step for event in self._events)

    # -- identity and storage ------------------------------------------------------------------------------------------

    def fingerprint(self) -> str:
        """SHA-256, in hex, over each layer's W then b, in C order and little-endian."""
        digest = hashlib.sha256()
        for layer in self.network.layers:
            for array in (layer.W, layer.b):
                if array is not None:
                    digest.update(_little_endian(array))
        return digest.hexdigest()

    def state_fingerprint(self) -> str:
        """SHA-256 over everything the future depends on: parameters, slots, statistics, switches, cursor, settings."""
        trainer = self._now.trainer
        digest = hashlib.sha256(self.fingerprint().encode())
        for l, layer in enumerate(self.network.layers):
            for name, slots in trainer.slots[l].items():
                for slot, values in sorted(slots.items()):
                    digest.update(f"{l}.{name}.{slot}".encode() + _little_endian(np.asarray(values)))
            if layer.norm is not None:
                norm = layer.norm
                for array in (norm.gamma, norm.beta, norm.running_mean, norm.running_var):
                    digest.update(_little_endian(array))
            if layer.units_on is not None:
                digest.update(layer.units_on.tobytes())
        place = [trainer.index, trainer.epoch, trainer.offset, trainer.updates_to_edge()]
        digest.update(json.dumps([place, dict(self.settings)], sort_keys=True, default=list).encode())
        return digest.hexdigest()

    def limit_checkpoints(self, memory: int) -> None:
        """Let this run's checkpoints take up no more than so many bytes."""
        self._checkpoints.limit(memory)

    def to_json(self) -> str:
        """The run as text: configuration, events, where it stands, and what its data and its arithmetic were."""
        return json.dumps(
            {
                "format": FORMAT,
                "config": self.config.to_dict(),
                "events": [event.to_dict() for event in self._events],
                "step": self.step,
                "head": self.head,
                "dataset_sha256": self.dataset.sha256,
                "numerics_id": numerics_id(),
            },
            allow_nan=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Run:
        """The run again, recomputed from update 0. Raises ValueError naming what is wrong with the text,
        DataUnavailable where its data is not to be had."""
        try:
            plain = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"This is not a saved run: it is not JSON ({error}).") from None
        if not isinstance(plain, dict) or plain.get("format") is None:
            raise ValueError("This is not a saved run: it has no format number.")
        if plain["format"] != FORMAT:
            raise ValueError(
                f"This run was saved in format {shown(plain['format'])}; this version reads format {FORMAT}."
            )
        config = RunConfig.from_dict(plain.get("config"))
        head = _index("head", plain.get("head", plain.get("step", 0)), 10**12)
        step = _index("step", plain.get("step", 0), head + 1)
        events = plain.get("events", [])
        if not isinstance(events, list):
            raise ValueError(f"events: {shown(events)} is not a list of events.")
        run = cls.restore(config, events, head, sha256=plain.get("dataset_sha256"))
        return run.goto(step)

    @classmethod
    def restore(
        cls,
        config: RunConfig,
        events: list,
        step: int,
        *,
        checkpoint: bytes | None = None,
        curves: bytes | None = None,
        earlier: Iterable[bytes] = (),
        sha256: str | None = None,
    ) -> Run:
        """A stored run, brought to `step` (its head).

        events: Events or their dicts. checkpoint, curves: what `checkpoint()` and `curve_bytes()` gave; they save
        recomputing and are ignored where their numbers came from another kind of machine, as are `earlier` checkpoints,
        which make winding back quick. Raises ValueError on events that could not have happened, DataUnavailable where
        the data differs from `sha256`.
        """
        run = cls(config)
        if sha256 is not None and run.dataset.sha256 != sha256:
            raise DataUnavailable(
                f"This run learned from other data than the dataset {config.dataset!r} found here; it waits for it."
            )
        recorded = sorted((e if isinstance(e, Event) else Event.from_dict(e) for e in events), key=lambda e: e.step)
        state = _usable(checkpoint, step) if checkpoint is not None and curves is not None else None
        if state is not None:
            run._events = [event for event in recorded if event.step <= state["index"]]
            run._curve = [tuple(row) for row in np.frombuffer(curves, "<f8").reshape(-1, len(CURVES)).tolist()]
            run._curve = [(int(row[0]), *row[1:]) for row in run._curve if row[0] <= state["index"]]
            for other in filter(None, (_usable(data, state["index"]) for data in earlier)):
                run._checkpoints.add(other["index"], other, other.get("seconds", 0.0))
            run._elsewhere = state.get("seconds", 0.0)
            run._checkpoints.add(state["index"], state, run._elsewhere)
            run._now.load(state, state["index"], run._events)
            run._head = state["index"]
        for event in recorded[len(run._events) :]:
            if event.step > step:
                raise ValueError(f"This run has an event at update {event.step:,}, beyond its last one, {step:,}.")
            run.goto(event.step)
            values = dict(event.values)
            proposed = run.propose(event.kind, **values)
            if proposed is None or run.step != event.step:
                raise ValueError(f"The event at update {event.step:,} could not have happened in this run.")
            run.apply(proposed)
        return run.goto(step)

    @property
    def newest_checkpoint(self) -> int:
        """The update of the checkpoint that `checkpoint` gives."""
        return self._checkpoints.before(self.step)[0]

    def checkpoint(self) -> tuple[int, bytes]:
        """The newest cached state at or before the present, as (update, bytes) for `restore`."""
        step, state = self._checkpoints.before(self.step)
        return step, pack({**state, "seconds": self._checkpoints.seconds(step)})

    def curve_bytes(self) -> bytes:
        """The curve points as little-endian float64 rows of CURVES, for `restore`."""
        return np.array(self._curve, "<f8").tobytes()


def _usable(checkpoint: bytes, step: int) -> dict | None:
    """A stored checkpoint's state; None where it cannot be read, lies beyond `step`, or is of another arithmetic."""
    try:
        state = unpack(checkpoint)
    except ValueError:
        return None
    return state if state["numerics_id"] == numerics_id() and state["index"] <= step else None


def _check_fit(config: RunConfig, dataset: Dataset) -> None:
    """Refuse a configuration whose network does not fit its data, with a sentence."""
    inputs, outputs = config.sizes[0], config.sizes[-1]
    if inputs != dataset.n_features:
        wanted = dataset.n_features
        raise ValueError(f"sizes: {config.dataset} has {wanted} inputs a row, so the first size must be {wanted}.")
    classes = len(dataset.classes)
    if config.loss == "cross_entropy" and (classes == 0 or outputs != classes):
        allowed = f"the last size must be {classes}" if classes else "take the loss mse: it has values, not classes"
        raise ValueError(f"sizes: {config.dataset} with cross_entropy: {allowed}.")
    if config.loss != "cross_entropy" and classes == 0 and outputs != 1:
        raise ValueError("sizes: a regression dataset has one value a row, so the last size must be 1.")
    if config.loss != "cross_entropy" and classes > 2 and outputs != classes:
        raise ValueError(f"sizes: {config.dataset} has {classes} classes, so the last size must be {classes}.")
    if classes == 2 and config.loss != "cross_entropy" and outputs not in (1, 2):
        raise ValueError("sizes: with two classes the last size must be 1 or 2.")
    if config.loss == "binary_cross_entropy" and (outputs != 1 or classes != 2):
        raise ValueError("loss: binary_cross_entropy needs data of two classes and a single sigmoid output.")
    rows = dataset.n_train if config.batch_size == "full" else min(config.batch_size, dataset.n_train)
    if config.batch_norm and rows > MAX_NORM_BATCH:
        raise ValueError(f"batch_size: with batch_norm at most {MAX_NORM_BATCH:,} rows, not {rows:,}.")


def _little_endian(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _index(name: str, value, size: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < size:
        raise ValueError(f"{name}: {shown(value)} is not a whole number from 0 to {size - 1:,}.")
    return int(value)


__all__ = ["CHANGEABLE", "CURVES", "Run", "RunConfig"]
