"""Listing: a stored run in the few numbers and words that a list of runs shows of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..config import CHANGEABLE, RunConfig
from ..presets import PRESET_TITLES
from ..run import CURVES
from .description import chips, preset_of
from .store import Listed
from .words import in_words

#: So many points of a curve are told at most.
POINTS = 60


def listed(run: Listed, loaded: bool) -> dict[str, Any]:
    """What a list says of a run, JSON-able; `problem` says why where this version cannot read its configuration."""
    about = {
        "id": run.id,
        "name": run.name,
        "parent": run.parent,
        "parent_step": run.parent_step,
        "step": run.step,
        "head": run.head,
        "created": run.created,
        "updated": run.updated,
        "expires": run.expires,
        "bookmarks": run.bookmarks,
        "changes": len(run.changes),
        "loaded": loaded,
        "problem": "",
        **_curve(run.curves),
    }
    try:
        config = RunConfig.from_json(run.config)
    except ValueError as problem:
        return {**about, "problem": str(problem), "data": "", "title": "", "settings": []}
    settings = {name: getattr(config, name) for name in CHANGEABLE}
    for change in run.changes:
        settings |= change["values"]
    preset = preset_of(config)
    return {
        **about,
        "data": in_words("dataset", {"dataset": config.dataset}),
        "title": PRESET_TITLES.get(preset, "") or "-".join(map(str, config.sizes)),
        "settings": _settings(config, settings),
    }


def _settings(config: RunConfig, settings: dict[str, Any]) -> list[str]:
    """The choices in force, the usual ones first, in words."""
    batch = settings["batch_size"]
    told = [
        f"rate {settings['learning_rate']:g}",
        "one example at a time" if batch == 1 else f"batch {in_words('batch_size', settings)}",
        in_words("activations", {"activations": config.activations}),
        f"seed {config.seed}",
    ]
    return told + [str(words) for words, _, _ in chips(config, settings)]


def _curve(points: bytes | None) -> dict[str, Any]:
    """A small curve of what is right among unseen rows (of the loss, where nothing is right or wrong), and its best."""
    table = np.frombuffer(points or b"", "<f8").reshape(-1, len(CURVES))
    accuracy, loss = table[:, 4], table[:, 3]
    column = accuracy if np.isfinite(accuracy).any() else loss
    kept = np.isfinite(column)
    steps, values = table[kept, 0], column[kept]
    if not len(values):
        return {"curve": [], "measure": "accuracy", "best": None, "best_step": None}
    best = int(values.argmax() if column is accuracy else values.argmin())
    places = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int))
    return {
        "curve": [[int(steps[k]), _short(float(values[k]))] for k in places],
        "measure": "accuracy" if column is accuracy else "loss",
        "best": _short(float(values[best])),
        "best_step": int(steps[best]),
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else 0.0
