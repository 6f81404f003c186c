"""What a run bar says of a run: its choices in words, and as chips those that are easily overlooked.

A chip is a choice that differs from the preset the run came from (or from the plain defaults), with the setting it
belongs to and, where the running network can drop it, the value that does so.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from ..config import CHANGEABLE, RunConfig
from ..datasets import DATASETS
from ..evaluation import guessing
from ..presets import PRESET_TITLES, PRESETS, PUBLISHED
from .bench import Seat

#: Choices that pages keep out of sight, and how a chip puts each; {} is the setting's value.
_HIDDEN = {
    "optimizer": "{}",
    "schedule": "{} learning rate",
    "l1": "L1 {:g}",
    "l2": "L2 {:g}",
    "dropout": "dropout {}",
    "batch_norm": "batch normalization {}",
    "bias": "biases {}",
    "init": "start: {}",
    "bias_init": "biases start: {}",
    "shuffle": "shuffling {}",
    "start": "began with weights from a file",
    "dtype": "{}",
    "stop": "stops: {}",
    "bug": "bug ON: {}",
}

_PLAIN = RunConfig()


def describe(seat: Seat) -> dict[str, Any]:
    """A run for the status message: JSON-able. One that could not be had has its sentence under "problem"; where it
    waits for its data, what is stored of it is told all the same, and where it cannot be read, its "config" is None."""
    about = {
        "id": seat.id,
        "name": seat.name,
        "parent": seat.parent,
        "parent_step": seat.parent_step,
        "problem": seat.problem,
    }
    if seat.run is None:
        return {**about, **_stored(seat)}
    run, data = seat.run, seat.run.dataset
    return {
        **about,
        **_chosen(seat.name, run.config, run.settings),
        "step": run.step,
        "head": run.head,
        "stopped": run.stopped or "",
        "diverged": run.diverged is not None,
        "task": data.task,
        "classes": list(data.classes),
        "image_shape": data.image_shape,
        "n_train": data.n_train,
        "n_heldout": data.n_heldout,
        "n_test": data.n_test,
    }


def _chosen(name: str, config: RunConfig, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's choices say of it."""
    preset = preset_of(config)
    return {
        "preset": preset,
        "title": name or PRESET_TITLES.get(preset, "") or "-".join(map(str, config.sizes)),
        "config": config.to_dict(),
        "settings": dict(settings),
        "chips": chips(config, settings),
        "dataset_label": DATASETS[config.dataset].title,
        "sizes": list(config.sizes),
        "seed": config.seed,
        "guessing": guessing(config),
        "published": PUBLISHED[preset]._asdict() if preset in PUBLISHED else None,
    }


def _stored(seat: Seat) -> dict[str, Any]:
    """What the store has of a run that could not be had."""
    found = seat.found
    about = {"step": found.step, "head": found.head, "stopped": found.stopped, "diverged": False}
    try:
        config = RunConfig.from_json(found.config)
    except ValueError:
        nothing = {"settings": {}, "chips": [], "classes": [], "sizes": [], "dataset_label": "", "seed": None}
        return {**about, **nothing, "config": None, "title": seat.name, "n_test": 0}
    settings = {name: getattr(config, name) for name in CHANGEABLE}
    for event in found.events:
        if event["kind"] == "change":
            settings.update(event["values"])
    form = DATASETS[config.dataset].form
    known = {"task": form.task, "classes": list(form.classes), "image_shape": form.image_shape} if form else {}
    return {**about, **_chosen(seat.name, config, settings), "classes": [], **known, "n_heldout": 0, "n_test": 0}


@lru_cache(maxsize=256)
def preset_of(config: RunConfig) -> str | None:
    """The preset that a configuration came from: the one it equals but for its seed and what a running network can
    change, and of several such the one that it shares most of that with. None where there is no such preset."""
    found: dict[str, int] = {}
    for name, preset in PRESETS.items():
        loose = {field: getattr(preset, field) for field in ("seed", *CHANGEABLE)}
        with suppress(ValueError):  # a preset's batch size, say, may not suit another network
            if config.replace(**loose) == preset:
                found[name] = sum(getattr(config, field) == value for field, value in loose.items())
    return max(found, key=found.__getitem__, default=None)


def chips(config: RunConfig, settings: Mapping[str, Any]) -> list[list[Any]]:
    """The overlooked choices in force, as [words, setting, value that drops it or None]."""
    usual = PRESETS.get(preset_of(config) or "", _PLAIN)
    found = []
    for setting, words in _HIDDEN.items():
        value = settings.get(setting, getattr(config, setting))
        if setting == "bug":
            found += [[words.format(bug), setting, [other for other in value if other != bug]] for bug in value]
        elif not _same(value, getattr(usual, setting)):
            drops = getattr(_PLAIN, setting) if setting in CHANGEABLE else None
            found.append([words.format(_words(setting, value, settings)), setting, drops])
    return found


def _same(one: Any, other: Any) -> bool:
    listed = [list(value) if isinstance(value, tuple) else value for value in (one, other)]
    return listed[0] == listed[1]


def _words(setting: str, value: Any, settings: Mapping[str, Any]) -> Any:
    """A value as a chip shows it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {amount}" for name, amount in value.items()) or "never"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if setting in ("optimizer", "schedule"):
        given = [f"{name} {amount}" for name, amount in settings.get(f"{setting}_args", {}).items()]
        return " ".join([str(value), *given])
    return value
