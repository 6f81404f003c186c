"""What an update did: to the loss of its own batch, promised and real, and to examples that it never saw.

The promise is first-order: each parameter's gradient times its change, added up. Reality differs because the slope does
not stay the same on the way, and where a bug made the gradient wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..datasets.dataset import Dataset
from ..losses import LOSSES
from ..network import Network
from ..records import Training
from ..steps import Step
from .row import Row

#: Unseen rows that the ripple is measured on.
RIPPLE = 200
#: Places on the way from the old parameters to the new ones at which the loss is measured.
WAYPOINTS = 9


class Effect(NamedTuple):
    """promised: Σ gradient · change over all parameters. before, after: the batch's loss, with the update's own dropout
    masks. rows: on so many rows all three are measured; all of the batch, but for batches of more than 1,024 the piece
    that the chosen row is in. shares: what each layer's parameters promised, (layers,). along: the loss at WAYPOINTS
    places on the straight way from the old parameters to the new ones, both ends included."""

    promised: float
    before: float
    after: float
    rows: int
    shares: np.ndarray
    along: np.ndarray


def effect(row: Row) -> Effect:
    """The effect of the row's update on its own batch."""
    step, (traces, grads, x, y, _) = row.step, row.piece
    shares = np.zeros(row.last + 1)
    for l, (old, new) in enumerate(zip(step.before.layers, step.after.layers, strict=True)):
        for name, slope in (("W", grads[l].dW), ("b", grads[l].db)):
            if slope is not None:
                shares[l] += _dot(slope, getattr(old, name), getattr(new, name))
        if old.norm is not None:
            shares[l] += _dot(grads[l].dnorm.dgamma, old.norm.gamma, new.norm.gamma)
            shares[l] += _dot(grads[l].dnorm.dbeta, old.norm.beta, new.norm.beta)
    shares *= row.n / len(x)
    training = training_of(traces)
    along = _along(step.before.copy(np.float64), step.after, x.astype(np.float64), y, row.rules.loss, training)
    return Effect(float(shares.sum()), along[0], along[-1], len(x), shares, np.array(along))


def _dot(slope: np.ndarray, old: np.ndarray, new: np.ndarray) -> float:
    return float((slope * (new.astype(np.float64) - old)).sum())


def training_of(traces) -> Training | None:
    """What an update's forward pass was told besides its inputs, read off its traces."""
    extras = [trace.extras for trace in traces]
    if all(extra is None for extra in extras):
        return None
    masks = tuple(None if extra is None else extra.mask for extra in extras)
    return Training(masks if any(mask is not None for mask in masks) else None)


def _along(network: Network, after: Network, x, y, loss: str, training: Training | None) -> list[float]:
    """The mean loss on the way from `network`, which is moved, to `after`; in float64, so that small changes show."""
    y = y if LOSSES[loss].targets == "labels" else np.asarray(y, np.float64)
    pairs = [
        (array, new._parameters()[name] - array)
        for old, new in zip(network.layers, after.layers, strict=True)
        for name, array in old._parameters().items()
    ]
    losses = []
    for place in range(WAYPOINTS):
        out = network._forward(x, training)[-1]
        losses.append(float(LOSSES[loss].rows(out.z, out.a, y).mean()))
        if place < WAYPOINTS - 1:
            for array, change in pairs:
                array += change / (WAYPOINTS - 1)
    return losses


class Ripple(NamedTuple):
    """rows: held-out rows, by class and then by change; label: their class (-1 for values); change: of their loss."""

    rows: np.ndarray
    label: np.ndarray
    change: np.ndarray


def ripple(step: Step, loss: str, dataset: Dataset, targets: np.ndarray, rows: int = RIPPLE) -> Ripple:
    """How an update changed the loss of held-out rows: as many of each class, the first ones there are.

    targets: all held-out targets in the form that the loss takes.
    """
    labels = dataset.labels("heldout")
    classes = len(dataset.classes)
    if classes:
        each = -(-rows // classes)
        chosen = np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(classes)])[:rows]
        group = labels[chosen].astype(np.int64)
    else:
        chosen = np.arange(min(rows, dataset.n_heldout))
        group = np.full(len(chosen), -1)
    x, y = dataset.take("heldout", chosen), targets[chosen]
    losses = []
    for network in (step.before, step.after):
        out = network._forward(x.astype(network.dtype, copy=False))[-1]
        losses.append(LOSSES[loss].rows(out.z, out.a, y).astype(np.float64))
    change = losses[1] - losses[0]
    order = np.lexsort((change, group))
    return Ripple(chosen[order], group[order], change[order])
