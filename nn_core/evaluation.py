"""Evaluation: how well a network does on a split of its data, in bounded memory.

Targets and right answers depend on the form of the output (ten softmax units, one sigmoid, one value), so this is the
one place that knows how labels become targets and how outputs become answers.
"""

from __future__ import annotations

import math

import numpy as np

from .datasets.dataset import Dataset
from .losses import LOSSES
from .network import Network

#: Rows a piece.
CHUNK = 1024


def targets_for(config, dataset: Dataset, split: str) -> np.ndarray:
    """A split's targets in the form its loss takes: labels (n,), or floats (n, fan_out).

    One output unit: {0, 1} for sigmoid, {-1, 1} otherwise; several: one-hot rows; regression: the values.
    """
    labels = dataset.labels(split)
    dtype = np.dtype(config.dtype)
    if config.loss == "cross_entropy":
        return labels
    if not dataset.classes:
        return labels.astype(dtype)
    if config.sizes[-1] > 1:
        return np.eye(config.sizes[-1], dtype=dtype)[labels]
    low, high = (0, 1) if config.activations[-1] == "sigmoid" else (-1, 1)
    return np.where(labels[:, None] == 1, dtype.type(high), dtype.type(low))


def guessing(config) -> dict[str, float | None]:
    """Loss and accuracy of somebody who believes in all classes alike; None for each where there are no classes."""
    classes = max(2, config.sizes[-1])
    if config.activations[-1] not in ("softmax", "sigmoid"):
        return {"loss": None, "accuracy": None}
    if config.loss == "mse":  # one output is the truth's, the others should be 0; a single sigmoid says one half
        loss = 0.25 if config.sizes[-1] == 1 else (classes - 1) / classes**2
    else:
        loss = math.log(classes) if config.loss == "cross_entropy" else math.log(2)
    return {"loss": loss, "accuracy": 1 / classes}


def answers(outputs: np.ndarray, activation: str) -> np.ndarray:
    """The class each row of outputs (n, fan_out) stands for, (n,)."""
    if outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    return (outputs[:, 0] > (0.5 if activation == "sigmoid" else 0.0)).astype(np.int64)


def predict(network: Network, dataset: Dataset, split: str, rows: int | np.ndarray):
    """Yield (slice or rows, outputs z, outputs a) a piece, for the first `rows` rows or the given ones of a split."""
    wanted = np.arange(min(rows, dataset.count(split))) if isinstance(rows, int | np.integer) else rows
    for start in range(0, len(wanted), CHUNK):
        piece = wanted[start : start + CHUNK]
        last = network._forward(dataset.take(split, piece).astype(network.dtype, copy=False))[-1]
        yield piece, last.z, last.a


def evaluate(network: Network, loss: str, dataset: Dataset, split: str, targets: np.ndarray, rows: int) -> list[float]:
    """Mean loss and accuracy over the first `rows` rows of a split; nan accuracy for regression, nan for no rows."""
    total, right, count = 0.0, 0, 0
    labels = dataset.labels(split)
    activation = network.layers[-1].activation
    for piece, z, a in predict(network, dataset, split, rows):
        total += float(LOSSES[loss].rows(z, a, targets[piece]).sum(dtype=np.float64))
        if dataset.classes:
            right += int((answers(a, activation) == labels[piece]).sum())
        count += len(piece)
    if not count:
        return [math.nan, math.nan]
    return [total / count, right / count if dataset.classes else math.nan]
