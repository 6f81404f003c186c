"""Statistics of a network's layers over held-out rows: what flows forward, what flows back, which units are at work.

A `Measurement` is a pure function of a network, its run's choices and its data: one forward and one backward pass of up
to 256 held-out rows, always the same ones, by the network's own passes. What probes show is read off it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..activations import ACTIVATIONS
from ..bugs import terms_with
from ..config import RunConfig
from ..datasets.dataset import Dataset
from ..evaluation import targets_for
from ..losses import LOSSES
from ..network import Network
from .table import View

#: Rows that statistics are taken over (all, where there are fewer held-out ones).
ROWS = 256
#: A gradient's band runs from this share of the rows to that.
BAND = (0.1, 0.9)
#: A unit is saturated at a row where its activation's slope is below this share of its steepest. Our choice: for
#: sigmoid and tanh it is the outer 5 % of their range at either end, for ReLU all that is silent.
SATURATED = 0.2
#: A unit is at work if its answers, the outer 5 % on either side left out, spread over at least this share of its
#: activation's range, or of the layer's largest answers where the activation has none. Our choice.
AT_WORK = 0.05
#: What a unit is: at work, answering nearly alike to every row, saturated at every row at the low or the high end, or
#: switched off.
WORKING, ALIKE, STUCK_LOW, STUCK_HIGH, OFF = range(5)
#: The range of activations that have one.
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softmax": (0.0, 1.0)}

_SAMPLES: WeakKeyDictionary[Dataset, dict] = WeakKeyDictionary()


def sample_rows(dataset: Dataset) -> np.ndarray:
    """The held-out rows that statistics are taken over, int64 (n,): evenly spread over all of them."""
    held = dataset.n_heldout
    return np.linspace(0, held - 1, min(ROWS, held)).round().astype(np.int64) if held else np.empty(0, np.int64)


class Measurement:
    """What a network does with the sample rows. Arrays over rows are (n, units), one a layer."""

    def __init__(self, network: Network, config: RunConfig, settings: Mapping[str, Any], dataset: Dataset):
        self.network, self.config, self.settings, self.dataset = network, config, settings, dataset
        self.rows = sample_rows(dataset)
        if not len(self.rows):
            raise ValueError("this dataset holds no rows back to take statistics over")
        kept = _SAMPLES.setdefault(dataset, {})
        form = (config.loss, config.sizes[-1], config.activations[-1], config.dtype)
        if form not in kept:
            x = dataset.take("heldout", self.rows).astype(network.dtype, copy=False)
            kept[form] = (x, targets_for(config, dataset, "heldout")[self.rows])
        self.x, self.y = kept[form]

    @cached_property
    def traces(self):
        """One Trace a layer."""
        return self.network._forward(self.x)

    @cached_property
    def grads(self):
        """One Grads a layer, wrong where a bug is on. Row i of dz is of row i's own loss; dW is the sum over rows."""
        terms = terms_with(tuple(self.settings["bug"]), len(self.network.layers))
        return self.network._backward(self.traces, self.y, LOSSES[self.config.loss], terms, n=1)

    @cached_property
    def felt(self) -> np.ndarray:
        """|dL/dz| of every row in every layer, float64 (layers, n): how much of its error reaches the layer."""
        return np.array([_lengths(grads.dz) for grads in self.grads])

    @cached_property
    def weight_gradients(self) -> np.ndarray:
        """|dL/dW| of the mean loss over the rows, float64 (layers,)."""
        return np.array([np.linalg.norm(grads.dW.astype(np.float64)) / len(self.x) for grads in self.grads])

    def values(self, quantity: str, layer: int) -> np.ndarray:
        """The numbers that a distribution is of: "z" or "a" or "dz" (n, units), or "W" (fan_in, fan_out)."""
        if quantity == "W":
            return self.network.layers[layer].W
        return self.grads[layer].dz if quantity == "dz" else getattr(self.traces[layer], quantity)

    @cached_property
    def moments(self) -> np.ndarray:
        """Mean and spread (standard deviation) of z and of a, float64 (layers, 4)."""
        return np.array(
            [
                [f(part, dtype=np.float64) for part in (trace.z, trace.a) for f in (np.mean, np.std)]
                for trace in self.traces
            ]
        )

    def slopes(self, layer: int) -> np.ndarray | None:
        """da/dz as shares of the activation's steepest, (n, units); None for softmax, which mixes its units."""
        activation = ACTIVATIONS[self.network.layers[layer].activation]
        if activation.name == "softmax":
            return None
        trace = self.traces[layer]
        active = trace.a if trace.extras is None else trace.extras.active
        if self.network.layers[layer].units_on is not None and trace.extras is None:
            active = activation.value(trace.z)  # a unit that is off hides what it would have answered
        return np.abs(activation.derivative(trace.z, active)) / steepest(activation.name)

    @cached_property
    def units(self) -> list[Units]:
        """What the units of each layer do."""
        return [self._units(l) for l in range(len(self.network.layers))]

    def _units(self, l: int) -> Units:
        layer, trace = self.network.layers[l], self.traces[l]
        a = trace.a.astype(np.float64)
        low, high = _outer(a, 0.05)
        if layer.activation in RANGES:
            span = RANGES[layer.activation][1] - RANGES[layer.activation][0]
        else:
            span = float(_outer(np.abs(a).reshape(-1, 1), 0.05)[1][0])
        reach = (high - low) / span if span > 0 else np.zeros(a.shape[1])
        state = np.where(reach >= AT_WORK, WORKING, ALIKE).astype(np.uint8)
        slopes, share = self.slopes(l), np.nan
        if slopes is not None:
            flat = slopes < SATURATED
            share = float(flat.mean())
            everywhere, above = flat.all(axis=0), trace.z > 0
            state[everywhere & ~above.any(axis=0)] = STUCK_LOW
            state[everywhere & above.all(axis=0)] = STUCK_HIGH
        if layer.units_on is not None:
            state[~layer.units_on] = OFF
        return Units(np.clip(reach, 0, 1), state, share)


class Units:
    """What a layer's units do: reach (units,) from 0 to 1, the share of the possible range that each one's answers span
    over the rows; state (units,) uint8; saturated, the share of all answers where the slope is nearly gone, or nan."""

    def __init__(self, reach: np.ndarray, state: np.ndarray, saturated: float):
        self.reach, self.state, self.saturated = reach, state, saturated


def measured(view: View) -> Measurement:
    """The measurement of a view, made once."""
    return view.once("measurement", lambda: Measurement(view.network, view.config, view.settings, view.dataset))


def measured_at(view: View, step: int) -> Measurement:
    """The same of the run as it was, or will be, after `step` updates."""
    return Measurement(view.at(step), view.config, view.settings_at(step), view.dataset)


def spread(values: np.ndarray, points: int) -> np.ndarray:
    """`points` values that cut a distribution into equal shares, from the smallest to the largest, float32 (points,).

    Each is one of the values itself: the one at that place in order.
    """
    ordered = np.sort(values, axis=None)
    places = np.linspace(0, ordered.size - 1, points).round().astype(np.int64)
    return ordered[places].astype(np.float32)


def band(values: np.ndarray) -> np.ndarray:
    """The 10 %, 50 % and 90 % point of values (..., n), float32 (..., 3): the values at those places in order."""
    ordered = np.sort(values, axis=-1)
    places = [round(share * (ordered.shape[-1] - 1)) for share in (BAND[0], 0.5, BAND[1])]
    return ordered[..., places].astype(np.float32, order="C")


@cache
def steepest(activation: str) -> float:
    """The steepest slope of an activation, looked for between -8 and 8."""
    z = np.linspace(-8, 8, 4001)
    entry = ACTIVATIONS[activation]
    return float(np.abs(entry.derivative(z, entry.value(z))).max())


def _outer(values: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The values that leave `share` of the rows below and above them, for each column of (n, columns)."""
    last = len(values) - 1
    low, high = round(share * last), round((1 - share) * last)
    ordered = np.partition(values, (low, high), axis=0)
    return ordered[low], ordered[high]


def _lengths(rows: np.ndarray) -> np.ndarray:
    """The Euclidean length of each row, float64 (n,), so that squares of tiny numbers do not vanish."""
    exact = rows.astype(np.float64)
    return np.sqrt(np.einsum("ij,ij->i", exact, exact))
