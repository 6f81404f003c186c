"""Orders: what each command does to a workbench.

An event is proposed, stored, applied and acknowledged in this order, so that whoever was told that something happened
finds it again. Nothing edits the past: what would change it makes another run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..config import CHANGEABLE, RunConfig
from ..datasets import DATASETS, DataUnavailable
from ..drawing import Strokes, check_strokes
from ..evaluation import evaluate, targets_for
from ..fitting import EXTRA, fitted
from ..gallery import GALLERY
from ..links import to_query
from ..presets import PRESETS
from ..probes import PROBES
from .bench import MAX_RUNS, Bench, Seat, begun, found_seat, new_seat
from .commands import MAX_SEED, MAX_VIEWERS, check_command
from .history import History
from .keeping import Keeper
from .laboratory import Laboratory
from .looking import FIRST, choose
from .pacing import Player
from .publishing import Publisher
from .saving import Saver
from .supply import Supply
from .viewers import Subscription, Viewer

Answer = dict[str, Any] | None


class Orders:
    """Carries out commands on a workbench's parts. A method for each command of the table, named like it."""

    def __init__(
        self,
        bench: Bench,
        player: Player,
        publisher: Publisher,
        keeper: Keeper,
        saver: Saver,
        clock: Callable[[], float],
    ):
        self.look = FIRST
        self.problem = ""
        self.returning: set[str] = set()
        self.laboratory = Laboratory(saver)
        self.supply = Supply(bench, self._begin_wanted)
        self.tested: dict[str, Any] | None = None  # how often the sealed test set was opened, and what was found last
        self._elsewhere: dict[str, list[str]] = {}  # by kind of data: the runs that a page about it showed last
        self._bench, self._player, self._publisher = bench, player, publisher
        self._keeper, self._saver, self._clock = keeper, saver, clock
        self.history = History(bench, keeper, saver, place=self._place, store=self._store, pause=self._stand)

    def obey(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Check a message and carry it out. Returns what the answer says besides "ok".

        Raises ValueError, DataUnavailable or StoreProblem with a sentence where it cannot be done.
        """
        name, arguments = check_command(message)
        order = getattr(self, f"_{name}", None) or getattr(self.history, name)
        return order(**arguments) or {}

    def begin(self, preset: str) -> None:
        """Begin a fresh workbench with a preset, standing still until somebody watches."""
        self._bench.put(new_seat(begun(_preset(preset)), ""))
        self._keeper.save(wait=True)

    def tend(self, now: float) -> bool:
        """See to the data that runs wait for. Returns whether the status is worth telling again."""
        if not self.supply.busy:
            return False
        reasons = [seat.problem for seat in self._bench.seats.values() if seat.needs]
        changed = self.supply.tend(now)
        if changed and self.problem in reasons:
            self.problem = self._bench.seat().problem
        if changed:
            self._altered()
        return changed

    # -- going and standing --------------------------------------------------------------------------------------------

    def _play(self) -> Answer:
        seat = self._bench.seat()
        if seat.run is None and seat.id not in self.returning:  # perhaps its data has come meanwhile
            self._bench.put(found_seat(seat.found), instead_of=seat.id)
        run = self._bench.loaded().run
        if not self._bench.moving:
            raise ValueError(run.stopped)
        self.problem = ""
        self._player.play(self._clock())
        self._publisher.changed()
        return self._store()

    def _pause(self) -> Answer:
        self._player.pause()
        self._publisher.changed()
        return {"step": self._bench.step, **self._store()}

    def _stand(self) -> None:
        """Learn no further for now; whatever stood in the way is seen afresh."""
        self._player.pause()
        self.problem = ""
        self._altered()

    def _step(self, n: int) -> Answer:
        run = self._bench.loaded().run
        if not self._bench.moving:
            raise ValueError(run.stopped)
        self._player.step(n)
        self._publisher.changed()
        return None

    def _speed(self, value: str) -> Answer:
        self._player.go_at(value, self._clock())
        self._keeper.changed()
        return None

    def _goto(self, step: int) -> Answer:
        self._bench.loaded()
        self._bench.goto(step)
        self._stand()
        return {"step": self._bench.step}

    # -- events --------------------------------------------------------------------------------------------------------

    def _change(self, run: str | None, values: dict[str, Any]) -> Answer:
        _check_changeable(values)
        return self._happen(self._bench.loaded(run), "change", values)

    def _parameter(self, run: str | None, **values: Any) -> Answer:
        return self._happen(self._bench.loaded(run), "parameter", values)

    def _unit(self, run: str | None, **values: Any) -> Answer:
        return self._happen(self._bench.loaded(run), "unit", values)

    def _happen(self, seat: Seat, kind: str, values: dict[str, Any]) -> Answer:
        """Make an event of the seat's run, or of a fork of it where it stands before its head."""
        run = seat.run if seat.run.step == seat.run.head else seat.run.fork()
        event = run.propose(kind, **values)
        if event is None:
            return {"run": seat.id, "step": run.step, "changed": False, "saved": True}
        if run is not seat.run:
            seat = self._replace(seat, new_seat(run, "", seat, run.step))
        answer = self._store((seat, event))
        run.apply(event)
        self._publisher.changed()
        return {"run": seat.id, "step": event.step, "changed": True, **answer}

    # -- runs ----------------------------------------------------------------------------------------------------------

    def _reset(self, seed: int | None) -> Answer:
        shown = self._bench.loaded()
        self._player.pause()
        for seat in [seat for seat in self._bench.seats.values() if seat.run is not None]:
            begun = seat.run.restarted(seed if seat is shown else None)
            fresh = self._replace(seat, new_seat(begun, "", seat, 0))
            if seat is shown:
                shown = fresh
        return self._shown(shown)

    def _new(
        self, preset: str | None, config: dict[str, Any] | None, changes: dict[str, Any] | None, beside: bool
    ) -> Answer:
        if [preset, config, changes].count(None) != 2:
            raise ValueError("new needs either a preset, a config or changes.")
        self._check_room(beside)
        if preset is not None:
            wanted = _preset(preset)
        else:
            wanted = RunConfig.from_dict(config) if config is not None else self._changed(changes)
        return self._begin({"configs": [wanted.to_dict()], "names": [""], "how": "beside" if beside else "instead"})

    def _compare(self, runs: list[dict[str, Any]]) -> Answer:
        """Train these runs side by side from the start, at once, in the place of all runs here."""
        configs = []
        for one in runs:
            _check_names(one["changes"])
            configs.append(fitted(_preset(one["preset"]), **one["changes"]).to_dict())
        return self._begin({"configs": configs, "names": [one["name"] for one in runs], "how": "alone"})

    def _data(self, how: str) -> Answer:
        """Do something about data that is missing."""
        wanted, seat = self.supply.wanted, self._shown_seat()
        if how == "again":
            self.supply.again()
        else:
            self.supply.stop()
        self._keeper.changed()
        if how != "bundled":
            return None
        if wanted is None and (seat is None or seat.found is None):
            raise ValueError("No run waits for data here; choose a preset to begin a new one.")
        wanted = wanted or {"configs": [RunConfig.from_json(seat.found.config).to_dict()], "names": [""]}
        configs = [fitted(RunConfig.from_dict(config), **_BUNDLED).to_dict() for config in wanted["configs"]]
        return self._begin({"how": "instead", **wanted, "configs": configs})

    def _begin(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Begin new runs, or have their data brought first. What is on the bench goes on until they can."""
        missing = self._missing(wanted)
        if missing:
            self.supply.want(wanted, missing)
            self._keeper.changed()
            return {"waiting": missing}
        self.supply.drop()
        runs = [begun(RunConfig.from_dict(config)) for config in wanted["configs"]]
        if wanted["how"] == "alone":
            self._clear()
        old = self._shown_seat() if wanted["how"] == "instead" else None
        seats = []
        for run, name in zip(runs, wanted["names"], strict=True):
            seats.append(self._replace(old, new_seat(run, name)))
            old = None
        answer = self._shown(seats[0])
        return {**answer, **self._play()} if wanted["how"] == "alone" else answer

    def _begin_wanted(self, wanted: dict[str, Any]) -> str | None:
        """The same once data has come, for the supply: the dataset that is still missing, or None."""
        missing = self._missing(wanted)
        if not missing:
            try:
                self._begin(wanted)
            except ValueError as problem:
                self.problem = str(problem)
        return missing

    def _missing(self, wanted: dict[str, Any]) -> str | None:
        """The first dataset that these runs need and that has to be brought; DataUnavailable if it cannot be."""
        for config in wanted["configs"]:
            source = DATASETS[config["dataset"]]
            try:
                source.here(**config["dataset_args"])
            except DataUnavailable:
                if source.bring is None:
                    raise
                return source.name
        return None

    def _test(self, run: str | None) -> Answer:
        """Open the sealed test set for a run, and count that."""
        seat = self._bench.loaded(run)
        data, config = seat.run.dataset, seat.run.config
        if not data.n_test:
            raise ValueError("This run's data has no sealed test set; MNIST with its own split has one.")
        targets = targets_for(config, data, "test")
        loss, accuracy = evaluate(seat.run.network, config.loss, data, "test", targets, data.n_test)
        opened = (self.tested or {"opened": 0})["opened"] + 1
        self.tested = {
            "opened": opened,
            "run": seat.id,
            "step": seat.run.step,
            "loss": loss,
            "right": round(accuracy * data.n_test),
            "of": data.n_test,
        }
        return {"tested": self.tested, **self._store()}

    def _repeat(self, n: int, changes: dict[str, Any]) -> Answer:
        """Train the shown run n times from the start, each with a seed of its own, in the place of all runs here."""
        config = self._changed(changes)
        first = min(config.seed, MAX_SEED + 1 - n)
        return self._shown(self._fill([config.replace(seed=first + k) for k in range(n)]))

    def _gallery(self, entry: str) -> Answer:
        """Begin an experiment of the gallery in the place of all runs here, and let it go."""
        experiment = GALLERY[entry]
        config = experiment.config
        self._player.go_at(experiment.speed, self._clock())
        shown = self._shown(self._fill([config.replace(seed=config.seed + k) for k in range(experiment.repeats)]))
        return {**shown, **(self._play() or {})}

    def _link(self, run: str | None) -> Answer:
        wanted = self._bench.loaded(run).run
        return {"query": to_query(wanted.config, wanted.settings)}

    def _changed(self, changes: dict[str, Any]) -> RunConfig:
        """The shown run's configuration with the settings in force and these changes, fitted to its data."""
        run = self._bench.loaded().run
        _check_names(changes)
        config = run.config.replace(**run.settings, dataset_args=_with_noise(run.config, changes.get("dataset")))
        return fitted(config, **changes)

    def _fill(self, configs: list[RunConfig]) -> Seat:
        """Begin these runs in the place of all runs here; the first one's seat."""
        runs = [begun(config) for config in configs]
        self._clear()
        seats = [new_seat(run, "") for run in runs]
        for seat in seats:
            self._bench.put(seat)
        return seats[0]

    def _clear(self) -> None:
        """Take every run off the bench, stored as it stands."""
        self._keeper.save(wait=False)
        self._bench.seats.clear()

    def _fork(self, step: int | None, changes: dict[str, Any], beside: bool) -> Answer:
        _check_changeable(changes)
        seat = self._bench.loaded()
        if step is not None and step > seat.run.head:
            raise ValueError(f"fork: update {step:,} has not been made yet; the furthest is {seat.run.head:,}.")
        self._check_room(beside)
        fork = seat.run.fork(step, **changes)
        return self._shown(self._replace(None if beside else seat, new_seat(fork, "", seat, fork.step)))

    def _show(self, run: str, beside: bool) -> Answer:
        if run in self._bench.seats:
            return self._shown(self._bench.seats[run])
        self._check_room(beside)
        record = self._saver.read(run)
        if record is None:
            raise ValueError(f"There is no run {run!r} here.")
        self._player.pause()
        return self._shown(self._replace(None if beside else self._shown_seat(), found_seat(record)))

    def _remove(self, run: str) -> Answer:
        self._keeper.save(wait=False)
        self._bench.remove(run)
        return self._shown(self._bench.seat())

    def _lesson(self, **asked: Any) -> Answer:
        return self.laboratory.lesson(**asked)

    def _experiment(self, key: str, trials: list[Any]) -> Answer:
        return self.laboratory.experiment(key, trials)

    def _answers(self) -> Answer:
        return {"answers": self.laboratory.record()}

    def _describe(self) -> Answer:
        return None  # the worker adds the status

    def _get(self, run: str | None) -> Answer:
        wanted = self._bench.loaded(run).run
        return {"json": wanted.to_json(), "fingerprint": wanted.state_fingerprint()}

    def _place(self, seat: Seat, beside: bool) -> dict[str, Any]:
        """Put a run on the bench, beside the others where it is asked for and there is room, and show it."""
        beside = beside and len(self._bench.seats) < MAX_RUNS
        return self._shown(self._replace(None if beside else self._shown_seat(), seat))

    def _check_room(self, beside: bool) -> None:
        if beside and len(self._bench.seats) >= MAX_RUNS:
            raise ValueError(f"{MAX_RUNS} runs are being trained together already; remove one first.")

    def _shown_seat(self) -> Seat | None:
        return self._bench.seats.get(self._bench.shown)

    def _replace(self, old: Seat | None, seat: Seat) -> Seat:
        """Put a run on the bench, in the place of `old` or beside the others; `old` is stored as it stands."""
        self._keeper.save(wait=False, caches=True)
        self._bench.put(seat, instead_of=old.id if old else None)
        return seat

    def _shown(self, seat: Seat) -> dict[str, Any]:
        """Show a run and store the bench as it is now."""
        self._bench.shown = seat.id
        self.problem = seat.problem
        self._publisher.problem = ""
        for viewer in self._publisher.viewers.values():
            viewer.forget_runs(self._bench.seats)
        self._publisher.changed()
        return {"run": seat.id, "step": self._bench.step, **self._store()}

    # -- looking and watching ------------------------------------------------------------------------------------------

    def _look(self, how: str, value: int | str | None) -> Answer:
        self.look = choose(self._publisher.view(self._bench.loaded()), self.look, how, value)
        self._publisher.drawn = False
        self._altered()
        return {"index": self.look}

    def _draw(self, strokes: Strokes) -> Answer:
        """Look at a drawing instead of a held-out row; one without strokes is put away."""
        self._publisher.strokes, self._publisher.drawn = strokes, bool(strokes)
        self._altered()
        return None

    def _pin(self, layer: int | None, unit: int | None) -> Answer:
        """Look at one unit on every page; without a layer at none."""
        if layer is not None:
            sizes = self._bench.loaded().run.config.sizes[1:]
            if layer >= len(sizes) or (unit or 0) >= sizes[layer]:
                raise ValueError("pin: this network has no such unit; choose one of its layers and one of its units.")
        self._publisher.pin = None if layer is None else (layer, unit or 0)
        for viewer in self._publisher.viewers.values():
            viewer.ask_anew([name for name, probe in PROBES.items() if probe.pinned])
        self._altered()
        return None

    @property
    def pin(self) -> tuple[int, int] | None:
        """The pinned unit: its layer and its place there."""
        return self._publisher.pin

    @property
    def drawn(self) -> bool:
        """Whether a drawing is looked at."""
        return self._publisher.drawn

    def looked_at(self) -> dict[str, Any]:
        """What is stored of the drawing and the pinned unit."""
        publisher = self._publisher
        return {"strokes": publisher.strokes, "drawn": publisher.drawn, "pin": publisher.pin}

    def bring_back(self, settings: Mapping[str, Any]) -> None:
        """Take over what `looked_at` gave."""
        publisher, pin = self._publisher, settings.get("pin")
        publisher.strokes = check_strokes(settings.get("strokes", ()))
        publisher.drawn = bool(publisher.strokes and settings.get("drawn"))
        publisher.pin = (pin[0], pin[1]) if pin else None

    def _hello(self, viewer: int, reduced_motion: bool, data: str | None, preset: str | None) -> Answer:
        self._viewer_at(viewer)
        if data is not None and preset is not None:
            self._turn_to(data, preset, play=not reduced_motion)
        if self._player.playing is None and self._bench.moving and not reduced_motion:
            return self._play()
        return None

    def _turn_to(self, data: str, preset: str, *, play: bool) -> None:
        """Show runs on the kind of data that a page is about: those that were here before, or a preset's."""
        seat = self._shown_seat()
        here = None if seat is None or seat.run is None else DATASETS[seat.run.config.dataset].kind
        if here in (None, data):
            return
        wanted = _preset(preset)
        self._elsewhere[here] = [*(key for key in self._bench.seats if key != seat.id), seat.id]
        found = [record for key in self._elsewhere.get(data, ()) if (record := self._saver.read(key)) is not None]
        seats = [found_seat(record) for record in found] or [new_seat(begun(wanted), "")]
        self._clear()
        for seat in seats:
            self._bench.put(seat)
        self._shown(seat)
        if not found and play and self._bench.moving:
            self._play()

    def _viewer(self, viewer: int, probes: list[dict[str, Any]], max_rate: float) -> Answer:
        wanted = [_subscription(**probe) for probe in probes]
        self._publisher.problem = ""
        self._viewer_at(viewer).subscribe(wanted, max_rate)
        return None

    def _credit(self, viewer: int, n: int) -> Answer:
        self._viewer_at(viewer).grant(n)
        return None

    def _rate(self, viewer: int, value: float) -> Answer:
        self._viewer_at(viewer).max_rate = value
        return None

    def _gone(self, viewer: int) -> Answer:
        self._publisher.viewers.pop(viewer, None)
        return None

    def _viewer_at(self, number: int) -> Viewer:
        viewers = self._publisher.viewers
        if number not in viewers and len(viewers) >= MAX_VIEWERS:
            raise ValueError(f"{MAX_VIEWERS} pages are watching this run already; close one.")
        return viewers.setdefault(number, Viewer(number))

    def _altered(self) -> None:
        """What frames show and what is stored have changed."""
        self._publisher.changed()
        self._keeper.changed()

    def _store(self, event: tuple[Seat, Any] | None = None) -> dict[str, Any]:
        """Store the bench before something is acknowledged, and say in the answer whether that worked."""
        if self._keeper.save(wait=True, event=event):
            return {"saved": True}
        return {"saved": False, "note": f"This is not saved: {self._keeper.problem}"}


#: What stands in for data that has to be downloaded: the bundled digits in MNIST's form.
_BUNDLED = {"dataset": "digits", "dataset_args": {"size": 28}}


def _preset(name: str) -> RunConfig:
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def _check_names(changes: Mapping[str, Any]) -> None:
    known = (*(one.name for one in fields(RunConfig)), *EXTRA)
    for name in changes:
        if name not in known:
            raise ValueError(f"{name[:40]!r} is no choice of a run; there are {', '.join(known)}.")


def _with_noise(config: RunConfig, dataset: Any) -> Mapping[str, Any]:
    """The data's arguments, with the noise spelled out where other data would by itself have another."""
    if not isinstance(dataset, str) or dataset not in DATASETS:
        return config.dataset_args
    mine, other = (DATASETS[name].arguments.get("noise") for name in (config.dataset, dataset))
    if mine is None or other is None or mine.default == other.default:
        return config.dataset_args
    return {"noise": mine.default, **config.dataset_args}


def _check_changeable(values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in CHANGEABLE:
            raise ValueError(
                f"{name[:40]!r} cannot be changed in a running network; what can be is {', '.join(CHANGEABLE)}."
            )


def _subscription(key: str, probe: str, args: dict[str, Any], run: str | None) -> Subscription:
    """A subscription whose probe exists and whose arguments fit it. Raises ValueError with a sentence."""
    if probe not in PROBES:
        raise ValueError(f"There is no probe {probe!r}; there are {', '.join(PROBES)}.")
    PROBES[probe].check(args)
    given = {name: value for name, value in args.items() if value is not None and name not in ("start", "turn")}
    return Subscription(key, probe, given, run)
