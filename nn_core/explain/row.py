"""One row of an update's batch, and the parameter that is explained with it.

A batch's gradient is the sum of its rows' shares, so one row and one parameter are all that a lesson needs: everything
else in the batch happens in the same way.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..activations import ACTIVATIONS
from ..bugs import BUGS, terms_with
from ..losses import LOSSES
from ..records import Trace
from ..steps import Rules, Step


class Chosen(NamedTuple):
    """A parameter: entry [i, j] of a layer's "W" (from input i to unit j), or entry [j] of its "b", where i is -1."""

    layer: int
    array: str
    i: int
    j: int

    @property
    def index(self) -> tuple[int, ...]:
        return (self.i, self.j) if self.array == "W" else (self.j,)


class Row:
    """Row k of an update's batch. Arrays keep their batch axis, of length one, so that the core's functions take them.

    traces: one Trace a layer. dz, du: how the loss leans on z, and on x @ W + b (the same without batch norm). da: how
    it leans on what the layer puts out, (1, fan_out). n: rows of the batch, over which the loss is a mean.
    Raises ValueError where the batch has no such row or nothing is known of the rules.
    """

    def __init__(self, step: Step, k: int = 0, rules: Rules | None = None):
        rules = rules or step.rules
        if rules is None:
            raise ValueError("Row: this Step does not come from Run.step_at; hand its rules in.")
        self.step, self.rules, self.n, self.k = step, rules, len(step.rows), k
        if not 0 <= k < self.n:
            raise ValueError(f"row: {k!r} is not a whole number from 0 to {self.n - 1:,}.")
        self.piece = step.around(k)
        traces, grads, _, y, place = self.piece
        self.network, self.layers = step.before, step.before.layers
        self.last = len(self.layers) - 1
        self.traces = tuple(_only(trace, place) for trace in traces)
        self.y = y[place : place + 1]
        self.dz = [grad.dz[place : place + 1] for grad in grads]
        self.du = [grad.dz if grad.dnorm is None else grad.dnorm.dlinear for grad in grads]
        self.du = [du[place : place + 1] for du in self.du]
        self.loss = LOSSES[rules.loss]
        self.bugs = [bug for name, bug in BUGS.items() if name in rules.bug]
        self.terms = terms_with(rules.bug, len(self.layers))
        out = self.traces[-1]
        self.da = [grads[l + 1].dx[place : place + 1] for l in range(self.last)]
        self.da.append(self.loss.mean_gradient(out.a, self.y, self.n))

    @cached_property
    def row_loss(self) -> float:
        """This row's own loss."""
        out = self.traces[-1]
        return float(self.loss.rows(out.z, out.a, self.y)[0])

    def weights(self, layer: int) -> np.ndarray:
        """A layer's W before the update, (fan_in, fan_out)."""
        return self.layers[layer].W

    def activation(self, layer: int):
        return ACTIVATIONS[self.layers[layer].activation]

    def touched(self, layer: int, term: str) -> list:
        """The bugs in force that sit in a term of a layer."""
        return [bug for bug in self.bugs if bug.term == term and bug.touches(layer, len(self.layers))]

    def share(self, chosen: Chosen) -> float:
        """What this row adds to the parameter's gradient."""
        layer, x = chosen.layer, self.traces[chosen.layer].x
        term = getattr(self.terms[layer], "dW" if chosen.array == "W" else "db")
        return float(term(x, self.du[layer], self.weights(layer))[chosen.index])

    def gradient(self, chosen: Chosen) -> float:
        """The parameter's gradient as the update used it, without penalties: the sum of all rows' shares."""
        return float(self.step.gradient(chosen.layer, chosen.array)[chosen.index])

    def check(self, chosen: Chosen) -> Chosen:
        """The parameter, if the network has it; ValueError with a sentence otherwise."""
        if not 0 <= chosen.layer <= self.last:
            raise ValueError(f"layer: {chosen.layer!r} is not a whole number from 0 to {self.last}.")
        layer = self.layers[chosen.layer]
        if chosen.array == "b" and layer.b is None:
            raise ValueError("array: this network has no biases; choose a weight.")
        if not 0 <= chosen.j < layer.fan_out:
            raise ValueError(f"j: {chosen.j!r} is not a whole number from 0 to {layer.fan_out - 1:,}.")
        if chosen.array == "b":
            return chosen._replace(i=-1)
        if not 0 <= chosen.i < layer.fan_in:
            raise ValueError(f"i: {chosen.i!r} is not a whole number from 0 to {layer.fan_in - 1:,}.")
        return chosen


def steepest(row: Row, layer: int | None = None, j: int | None = None) -> Chosen:
    """The weight of a layer (by default a middle one), or into its unit j, whose change moves this row's loss most."""
    layer = row.last // 2 + row.last % 2 if layer is None else layer
    x, du = np.abs(row.traces[layer].x[0]), np.abs(row.du[layer][0])
    return Chosen(layer, "W", int(x.argmax()), int(du.argmax()) if j is None else j)


def _only(trace: Trace, place: int) -> Trace:
    """A Trace with one row; statistics of the batch stay as they are."""
    one = slice(place, place + 1)
    extras = trace.extras
    if extras is not None:
        cut = {name: getattr(extras, name) for name in ("active", "mask", "linear", "normal")}
        extras = extras._replace(**{name: None if part is None else part[one] for name, part in cut.items()})
    return Trace(trace.x[one], trace.z[one], trace.a[one], extras)
