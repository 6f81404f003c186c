"""The update of one number, as the optimizer's own equations with their values.

`DESCENTS` has an entry for every optimizer. An equation is a formula in a small subset of TeX whose symbols name
values: w the parameter before and w' after, η the learning rate, g the gradient that the optimizer gets, and what the
optimizer remembers, before and (with a stroke) after.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .row import Chosen, Row


class Equation(NamedTuple):
    """One line: `formula` over symbols, `values` of those symbols, and `link`, the name that code and number share."""

    link: str
    formula: str
    values: dict[str, float]


def descent(row: Row, chosen: Chosen) -> list[Equation]:
    """The lines that lead from the loss's gradient to the new parameter; the last one ends in w'.

    Values are those of the update: w and w' are read from the networks before and after it.
    """
    rules, l = row.rules, chosen.layer
    optimizer = rules.optimizer
    w = float(getattr(row.layers[l], chosen.array)[chosen.index])
    after = float(getattr(row.step.after.layers[l], chosen.array)[chosen.index])
    gradient = row.gradient(chosen)
    lines, g = _pulled(w, gradient, rules, chosen.array)
    slots = {name: float(values[chosen.index]) for name, values in rules.slots[l][chosen.array].items()}
    lines += DESCENTS[optimizer.name](optimizer, w, g, slots, row.step.index + 1)
    lines[-1].values["w'"] = after
    return lines


def _pulled(w: float, gradient: float, rules, array: str) -> tuple[list[Equation], float]:
    """The gradient with everything that pulls on the parameter besides the loss."""
    past = rules.optimizer.name == "adamw"  # its decay goes past the gradient, straight to the parameter
    old = "w_0" if past else "w"
    l2, l1 = (rules.l2, rules.l1) if array == "W" else (0.0, 0.0)
    decay = 0.0 if past else getattr(rules.optimizer, "weight_decay", 0.0)
    terms, values, g = [], {}, gradient
    for symbol, rate, pull, formula in (
        ("λ_2", l2, w, f"\\sym{{λ_2}} \\sym{{{old}}}"),
        ("λ_1", l1, float(np.sign(w)), f"\\sym{{λ_1}} \\op{{sign}} \\sym{{{old}}}"),
        ("λ", decay, w, f"\\sym{{λ}} \\sym{{{old}}}"),
    ):
        if rate:
            terms.append(formula)
            values[symbol] = rate
            g += rate * pull
    if not terms:
        return [], g
    values |= {"g": g, "g_L": gradient, old: w}
    return [Equation("g", " + ".join(["\\sym{g} = \\sym{g_L}", *terms]), values)], g


def sgd(optimizer, w, g, slots, t):
    rate = optimizer.learning_rate
    return [_line("w", "\\sym{w'} = \\sym{w} − \\sym{η} \\sym{g}", {"w'": w - rate * g, "w": w, "η": rate, "g": g})]


def momentum(optimizer, w, g, slots, t):
    rate, share, v = optimizer.learning_rate, optimizer.momentum, slots["velocity"]
    new = share * v + g
    return [
        _line("v", "\\sym{v'} = \\sym{μ} \\sym{v} + \\sym{g}", {"v'": new, "μ": share, "v": v, "g": g}),
        _line("w", "\\sym{w'} = \\sym{w} − \\sym{η} \\sym{v'}", {"w'": w - rate * new, "w": w, "η": rate, "v'": new}),
    ]


def nesterov(optimizer, w, g, slots, t):
    rate, share = optimizer.learning_rate, optimizer.momentum
    first = momentum(optimizer, w, g, slots, t)[0]
    new = first.values["v'"]
    values = {"w'": w - rate * (g + share * new), "w": w, "η": rate, "g": g, "μ": share, "v'": new}
    return [first, _line("w", "\\sym{w'} = \\sym{w} − \\sym{η} ( \\sym{g} + \\sym{μ} \\sym{v'} )", values)]


_ROOT = "\\sym{w'} = \\sym{w} − \\sym{η} \\frac{\\sym{g}}{\\sqrt{\\sym{s'}} + \\sym{ε}}"


def adagrad(optimizer, w, g, slots, t):
    rate, s = optimizer.learning_rate, slots["squares"]
    new = s + g * g
    moved = w - rate * g / (math.sqrt(new) + optimizer.epsilon)
    return [
        _line("s", "\\sym{s'} = \\sym{s} + \\sym{g}^2", {"s'": new, "s": s, "g": g}),
        _line("w", _ROOT, {"w'": moved, "w": w, "η": rate, "g": g, "s'": new, "ε": optimizer.epsilon}),
    ]


def rmsprop(optimizer, w, g, slots, t):
    rate, share, s = optimizer.learning_rate, optimizer.rho, slots["squares"]
    new = share * s + (1 - share) * g * g
    moved = w - rate * g / (math.sqrt(new) + optimizer.epsilon)
    formula = "\\sym{s'} = \\sym{ρ} \\sym{s} + ( 1 − \\sym{ρ} ) \\sym{g}^2"
    return [
        _line("s", formula, {"s'": new, "ρ": share, "s": s, "g": g}),
        _line("w", _ROOT, {"w'": moved, "w": w, "η": rate, "g": g, "s'": new, "ε": optimizer.epsilon}),
    ]


def adam(optimizer, w, g, slots, t):
    rate, m, s, e = optimizer.learning_rate, slots["mean"], slots["squares"], optimizer.epsilon
    one, two = optimizer.beta1, optimizer.beta2
    mean, squares = one * m + (1 - one) * g, two * s + (1 - two) * g * g
    fair_mean, fair_squares = mean / (1 - one**t), squares / (1 - two**t)
    moved = w - rate * fair_mean / (math.sqrt(fair_squares) + e)
    mean_line = "\\sym{m'} = \\sym{β_1} \\sym{m} + ( 1 − \\sym{β_1} ) \\sym{g}"
    squares_line = "\\sym{s'} = \\sym{β_2} \\sym{s} + ( 1 − \\sym{β_2} ) \\sym{g}^2"
    last = "\\sym{w'} = \\sym{w} − \\sym{η} \\frac{\\sym{m̂}}{\\sqrt{\\sym{ŝ}} + \\sym{ε}}"
    fair_mean_line = "\\sym{m̂} = \\frac{\\sym{m'}}{1 − \\sym{β_1}^\\sym{t}}"
    fair_squares_line = "\\sym{ŝ} = \\frac{\\sym{s'}}{1 − \\sym{β_2}^\\sym{t}}"
    return [
        _line("m", mean_line, {"m'": mean, "β_1": one, "m": m, "g": g}),
        _line("s", squares_line, {"s'": squares, "β_2": two, "s": s, "g": g}),
        _line("m", fair_mean_line, {"m̂": fair_mean, "m'": mean, "β_1": one, "t": t}),
        _line("s", fair_squares_line, {"ŝ": fair_squares, "s'": squares, "β_2": two, "t": t}),
        _line("w", last, {"w'": moved, "w": w, "η": rate, "m̂": fair_mean, "ŝ": fair_squares, "ε": e}),
    ]  # fmt: skip


def adamw(optimizer, w, g, slots, t):
    rate, decay = optimizer.learning_rate, optimizer.weight_decay
    less = w * (1 - rate * decay)
    lines = adam(optimizer, less, g, slots, t)
    values = {"w": less, "w_0": w, "η": rate, "λ": decay}
    return [_line("decay", "\\sym{w} = \\sym{w_0} ( 1 − \\sym{η} \\sym{λ} )", values), *lines]


def _line(link: str, formula: str, values: dict[str, float]) -> Equation:
    return Equation(link, formula, {symbol: float(value) for symbol, value in values.items()})


DESCENTS: dict[str, Callable] = {fn.__name__: fn for fn in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)}
