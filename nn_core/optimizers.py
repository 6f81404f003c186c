"""Optimizers: what one update does to a parameter, given its gradient.

An optimizer keeps no arrays of its own. What it remembers of the past lies in `slots`, a dict of arrays for every
parameter, so that a checkpoint can store it. The definitions are PyTorch's, weight decay included: it pulls on weights
and biases alike.
"""

import math
from typing import ClassVar

import numpy as np

from .arguments import Argument, check_arguments

__all__ = ["OPTIMIZERS", "Optimizer"]


def _rate(default):
    return Argument(default, 0.0, 1e6, "how far one update goes")


def _share(default, words):
    return Argument(default, 0.0, 1.0, words, open_high=True)


def _decay(default=0.0):
    return Argument(default, 0.0, 1e3, "how hard every parameter is pulled towards 0")


def _epsilon(default):
    return Argument(default, 0.0, 1.0, "keeps the division from blowing up", open_low=True)


class Optimizer:
    """The base of all: checked arguments become attributes, and `learning_rate` may be set at any time.

    Negative, infinite or unknown arguments are refused with a ValueError. In the formulas w is a parameter, g its
    gradient, η the learning rate and t the number of the update.
    """

    name: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    source: ClassVar[str] = ""
    arguments: ClassVar[dict[str, Argument]] = {}

    def __init__(self, **given):
        for argument, value in check_arguments(self.name, self.arguments, given).items():
            setattr(self, argument, value)

    def __setattr__(self, argument, value):
        if argument not in self.arguments:
            raise AttributeError(f"{self.name} has no {argument!r}; it has {', '.join(self.arguments)}.")
        object.__setattr__(self, argument, self.arguments[argument].check(f"{self.name}: {argument}", value))

    def __repr__(self):
        chosen = ", ".join(f"{argument}={getattr(self, argument):g}" for argument in self.arguments)
        return f"{self.name}({chosen})"

    def slots(self, parameter):
        """What is remembered before the first update: a dict of arrays, shaped and typed like `parameter`."""
        return {}

    def update(self, parameter, gradient, slots, step):
        """One update, in place, of `parameter` and its `slots`; `gradient` is left alone. `step` counts from 1."""
        raise NotImplementedError

    def _decayed(self, parameter, gradient):
        """The gradient, plus that of weight_decay / 2 · the sum of the parameter's squares."""
        return gradient + self.weight_decay * parameter if self.weight_decay else gradient


class SGD(Optimizer):
    """One step straight downhill."""

    name = "sgd"
    formula = "w ← w − η g"
    source = "Robbins & Monro 1951"
    arguments: ClassVar = {"learning_rate": _rate(0.01), "weight_decay": _decay()}

    def update(self, parameter, gradient, slots, step):
        parameter -= self.learning_rate * self._decayed(parameter, gradient)


class Momentum(Optimizer):
    """A ball that rolls: gradients add up to a velocity, which friction slows."""

    name = "momentum"
    formula = "v ← μ v + g,  w ← w − η v"
    source = "Polyak 1964; Sutskever et al. 2013"
    arguments: ClassVar = {
        "learning_rate": _rate(0.01),
        "momentum": _share(0.9, "how much of the velocity stays"),
        "weight_decay": _decay(),
    }

    def slots(self, parameter):
        return {"velocity": np.zeros_like(parameter)}

    def update(self, parameter, gradient, slots, step):
        velocity = slots["velocity"]
        velocity *= self.momentum
        velocity += self._decayed(parameter, gradient)
        parameter -= self.learning_rate * velocity


class Nesterov(Momentum):
    """Momentum that looks ahead: it moves by the velocity that the next update would have."""

    name = "nesterov"
    formula = "v ← μ v + g,  w ← w − η (g + μ v)"
    source = "Nesterov 1983; Sutskever et al. 2013, eqs. 3–4, in PyTorch's form"

    def update(self, parameter, gradient, slots, step):
        velocity, gradient = slots["velocity"], self._decayed(parameter, gradient)
        velocity *= self.momentum
        velocity += gradient
        parameter -= self.learning_rate * (gradient + self.momentum * velocity)


class AdaGrad(Optimizer):
    """A learning rate for every number: what has had large gradients so far moves less."""

    name = "adagrad"
    formula = "s ← s + g²,  w ← w − η g / (√s + ε)"
    source = "Duchi, Hazan & Singer 2011"
    arguments: ClassVar = {"learning_rate": _rate(0.01), "epsilon": _epsilon(1e-10), "weight_decay": _decay()}

    def slots(self, parameter):
        return {"squares": np.zeros_like(parameter)}

    def update(self, parameter, gradient, slots, step):
        squares, gradient = slots["squares"], self._decayed(parameter, gradient)
        squares += gradient * gradient
        parameter -= self.learning_rate * gradient / (np.sqrt(squares) + self.epsilon)


class RMSProp(Optimizer):
    """AdaGrad that forgets: the squares are a running average."""

    name = "rmsprop"
    formula = "s ← ρ s + (1 − ρ) g²,  w ← w − η g / (√s + ε)"
    source = "Tieleman & Hinton 2012, lecture 6.5"
    arguments: ClassVar = {
        "learning_rate": _rate(0.01),
        "rho": _share(0.99, "how much of the running average stays"),
        "epsilon": _epsilon(1e-8),
        "weight_decay": _decay(),
    }

    def slots(self, parameter):
        return {"squares": np.zeros_like(parameter)}

    def update(self, parameter, gradient, slots, step):
        squares, gradient = slots["squares"], self._decayed(parameter, gradient)
        squares *= self.rho
        squares += (1.0 - self.rho) * gradient * gradient
        parameter -= self.learning_rate * gradient / (np.sqrt(squares) + self.epsilon)


class Adam(Optimizer):
    """Momentum and RMSProp together, each corrected for having started from 0."""

    name = "adam"
    formula = "m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  w ← w − η m / (1 − β₁ᵗ) / (√(s / (1 − β₂ᵗ)) + ε)"
    source = "Kingma & Ba 2015, algorithm 1"
    arguments: ClassVar = {
        "learning_rate": _rate(0.001),
        "beta1": _share(0.9, "how much of the average gradient stays"),
        "beta2": _share(0.999, "how much of the average square stays"),
        "epsilon": _epsilon(1e-8),
        "weight_decay": _decay(),
    }

    def slots(self, parameter):
        return {"mean": np.zeros_like(parameter), "squares": np.zeros_like(parameter)}

    def update(self, parameter, gradient, slots, step):
        self._move(parameter, self._decayed(parameter, gradient), slots, step)

    def _move(self, parameter, gradient, slots, step):
        mean, squares = slots["mean"], slots["squares"]
        mean *= self.beta1
        mean += (1.0 - self.beta1) * gradient
        squares *= self.beta2
        squares += (1.0 - self.beta2) * gradient * gradient
        size = np.sqrt(squares)
        size /= math.sqrt(1.0 - self.beta2**step)
        size += self.epsilon
        parameter -= self.learning_rate / (1.0 - self.beta1**step) * mean / size


class AdamW(Adam):
    """Adam whose weight decay goes straight to the parameter, past the averages."""

    name = "adamw"
    formula = "w ← w − η λ w, then as adam"
    source = "Loshchilov & Hutter 2019, algorithm 2"
    arguments: ClassVar = {**Adam.arguments, "weight_decay": _decay(0.01)}

    def update(self, parameter, gradient, slots, step):
        parameter *= 1.0 - self.learning_rate * self.weight_decay
        self._move(parameter, gradient, slots, step)


OPTIMIZERS = {optimizer.name: optimizer for optimizer in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW)}
