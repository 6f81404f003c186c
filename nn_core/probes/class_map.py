"""The probe of where the classes go: each layer's answers to the sample rows, seen along their two main directions.

The directions are principal components (Pearson 1901, Hotelling 1933) of the answers at one update, `basis_step`, and
stay there while the network moves on: so what moves in the picture is the network, not the axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..evaluation import answers as answers_of
from .statistics import Measurement, measured, measured_at
from .table import Argument, View, probe

#: Layers that are shown at most: the inputs, and where there are more, the last ones of the network.
PICTURES = 8
#: Left open, the axes are turned at update 0, 1, 2, 5, 10, 20, 50 and so on.
BASIS_STEP = Argument(None, 0, 10**12)


@probe("medium", 16_000, basis_step=BASIS_STEP)
def class_map(view: View, basis_step: int | None) -> dict:
    """Each layer's answers to the sample rows along two directions, those of `basis_step`.

    points: int16 (pictures, n, 2), from the middle of the rows, in thousandths of the standard deviation that they had
    along the first direction at `basis_step`. explained: float32 (pictures,), the share of all spread now that the two
    directions show. layers: int32 (pictures,), which layer each is; -1 is the inputs. labels: uint8 (n,), rows: int32
    (n,), answers: uint8 (n,), the classes it takes them for.
    """
    m = measured(view)
    at = round_step(view.step) if basis_step is None else min(basis_step, view.head)
    key = ("basis", at, view.applied(at))
    known = view.notes.get("class_map")
    if known is None or known[0] != key:
        known = view.notes["class_map"] = (key, _bases(m if at == view.step else measured_at(view, at)))
    points, explained = [], []
    for answers, (directions, unit) in zip(_answers(m), known[1], strict=True):
        away = answers - answers.mean(axis=0)
        seen = away @ directions
        points.append(np.clip(np.rint(1000 * seen / unit), -32_767, 32_767).astype(np.int16))
        total = (away**2).sum()
        explained.append((seen**2).sum() / total if total > 0 else 0.0)
    result: dict[str, Any] = {
        "basis_step": at,
        "points": np.array(points),
        "explained": np.array(explained, np.float32),
        "layers": np.array(shown_layers(m), np.int32),
        "rows": m.rows.astype(np.int32),
        "labels": np.zeros(0, np.uint8),
        "answers": np.zeros(0, np.uint8),
    }
    if view.dataset.classes:
        outputs = m.traces[-1].a
        result["labels"] = view.dataset.labels("heldout")[m.rows].astype(np.uint8)
        result["answers"] = answers_of(outputs, m.network.layers[-1].activation).astype(np.uint8)
    return result


def round_step(step: int) -> int:
    """The largest of 0, 1, 2, 5, 10, 20, ... that is at most `step`."""
    if step < 1:
        return 0
    power = 10 ** (len(str(step)) - 1)
    return next(power * digit for digit in (5, 2, 1) if power * digit <= step)


def shown_layers(m: Measurement) -> list[int]:
    """The layers that are shown; -1 stands for the inputs."""
    every = list(range(len(m.network.layers)))
    return [-1, *every[-(PICTURES - 1) :]]


def _answers(m: Measurement) -> list[np.ndarray]:
    return [(m.x if l < 0 else m.traces[l].a).astype(np.float64) for l in shown_layers(m)]


def _bases(m: Measurement) -> list[tuple[np.ndarray, float]]:
    return [basis(answers) for answers in _answers(m)]


def basis(answers: np.ndarray) -> tuple[np.ndarray, float]:
    """The two main directions (units, 2), and the standard deviation along the first, of answers (n, units).

    Directions are eigenvectors of the covariance, the largest entry of each positive, so that they are always the same.
    """
    away = answers - answers.mean(axis=0)
    if away.shape[1] <= away.shape[0]:
        _, vectors = np.linalg.eigh(away.T @ away)
        directions = vectors[:, ::-1][:, :2]
    else:  # fewer rows than units: the same from the smaller product
        _, vectors = np.linalg.eigh(away @ away.T)
        directions = away.T @ vectors[:, ::-1][:, :2]
        lengths = np.linalg.norm(directions, axis=0)
        directions = np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 0)
    if directions.shape[1] < 2:
        directions = np.hstack([directions, np.zeros((len(directions), 2 - directions.shape[1]))])
    largest = directions[np.abs(directions).argmax(axis=0), [0, 1]]
    directions = directions * np.where(largest < 0, -1.0, 1.0)
    spread = float((away @ directions[:, 0]).std())
    return directions, spread if spread > 0 else 1.0
