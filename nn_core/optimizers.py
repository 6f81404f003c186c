"""Optimizers: what one update does to a parameter, given its gradient.

An optimizer keeps no arrays of its own. What it remembers of the past lies in `slots`, a dict of arrays for every
parameter, so that a checkpoint can store it. The definitions are PyTorch's, weight decay included.
"""

import math

import numpy as np

from .arguments import Argument, check_arguments

__all__ = ["OPTIMIZERS", "Optimizer"]

RATE = {"low": 0.0, "high": 1e6, "words": "how far one update goes"}
SHARE = {"low": 0.0, "high": 1.0, "open_high": True}
DECAY = Argument(0.0, 0.0, 1e3, "pulls every parameter towards 0")


class Optimizer:
    """The base of all: checked arguments as attributes, `learning_rate` among them and settable at any time.

    slots(parameter) -> dict of arrays
        What is remembered before the first update.
    update(parameter, gradient, slots, step)
        Changes `parameter` and `slots` in place; leaves `gradient` alone. `step` counts updates from 1.
    """

    name = ""
    formula = ""
    source = ""
    arguments: dict[str, Argument] = {}  # noqa: RUF012

    def __init__(self, **given):
        for argument, value in check_arguments(self.name, self.arguments, given).items():
            setattr(self, argument, value)

    def __setattr__(self, argument, value):
        if argument in self.arguments:
            value = self.arguments[argument].check(f"{self.name}: {argument}", value)
        object.__setattr__(self, argument, value)

    def __repr__(self):
        chosen = ", ".join(f"{argument}={getattr(self, argument):g}" for argument in self.arguments)
        return f"{self.name}({chosen})"

    def slots(self, parameter):
        return {}

    def update(self, parameter, gradient, slots, step):
        raise NotImplementedError

    def _decayed(self, parameter, gradient):
        """The gradient plus that of weight_decay/2 · |parameter|²."""
        return gradient + self.weight_decay * parameter if self.weight_decay else gradient


class SGD(Optimizer):
    name = "sgd"
    formula = "w −= η g"
    source = "Robbins & Monro 1951"
    arguments = {"learning_rate": Argument(0.01, **RATE), "weight_decay": DECAY}  # noqa: RUF012

    def update(self, parameter, gradient, slots, step):
        parameter -= self.learning_rate * self._decayed(parameter, gradient)


OPTIMIZERS = {optimizer.name: optimizer for optimizer in (SGD,)}
