"""The lines of this package that did an update, read from the running modules, with the symbols that they compute.

A line is found by a few words in it, never by its number, so that the code may move. A test sees that every mark is
found.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..layers import Dense
from ..losses import LOSSES
from ..network import Network
from ..terms import RIGHT
from .row import Chosen, Row

_ROOT = Path(__file__).parents[2]


class Excerpt(NamedTuple):
    """Some lines of a function. stage: "forward", "loss", "backward" or "update". file: within the project. marks:
    (line of `lines`, link) pairs; bug: whether this is a term done wrong."""

    stage: str
    name: str
    file: str
    lines: list[str]
    marks: list[tuple[int, str]]
    bug: bool = False


def excerpts(row: Row, chosen: Chosen) -> list[Excerpt]:
    """The code of every stage for a parameter, in the order in which it runs."""
    layer, last = row.activation(chosen.layer), chosen.layer == row.last
    found = [
        excerpt("forward", Dense._forward, FORWARD),
        excerpt("forward", layer.value, RETURN["a"]),
        excerpt("loss", row.loss.rows, LOSS),
        excerpt("backward", Network._backward, (OUTPUT_DELTA if last else BACKWARD) + PRODUCT[chosen.array]),
    ]
    terms = [("output_delta", row.last, "chain")] if last else [("dx", chosen.layer + 1, "da")]
    if not last:
        terms.append(("activation_derivative", chosen.layer, "slope"))
    terms.append(("dW" if chosen.array == "W" else "db", chosen.layer, "product"))
    for term, l, link in terms:
        bugs = row.touched(l, term)
        if term == "output_delta":
            inner: Callable = row.loss.delta
        elif term == "activation_derivative":
            inner = layer.derivative
        else:
            inner = getattr(RIGHT, term)
        if not bugs:
            found.append(excerpt("backward", inner, RETURN[link]))
        if term == "output_delta" and row.rules.loss == "mse" and not bugs:
            chain = row.activation(l).backward if row.activation(l).name == "softmax" else row.activation(l).derivative
            found.append(excerpt("backward", chain, RETURN[link]))
        for bug in bugs:
            found.append(excerpt("backward", bug.wrong_term, RETURN[link])._replace(bug=True))
    update = type(row.rules.optimizer).update
    found.append(excerpt("update", update, UPDATE))
    if "_move" in inspect.getsource(update):
        found.append(excerpt("update", type(row.rules.optimizer)._move, UPDATE))
    return found


@cache
def excerpt(stage: str, fn: Callable, marks: tuple[tuple[str, str], ...]) -> Excerpt:
    """A function's source without its docstring, with the lines that hold one of the words marked."""
    lines = _without_docstring(textwrap.dedent(inspect.getsource(fn)))
    found = [(k, link) for k, line in enumerate(lines) for words, link in marks if words in line]
    file = Path(inspect.getsourcefile(fn)).resolve()
    shown = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else file.name
    return Excerpt(stage, fn.__qualname__, shown, lines, found)


def _without_docstring(source: str) -> list[str]:
    lines = source.rstrip().splitlines()
    function = ast.parse(source).body[0]
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.body) > 1:
        del lines[first.lineno - 1 : first.end_lineno]
    return lines


#: For each piece of code the words that mark a line, and the symbol that the line computes. "chain" stands for the
#: output layer's first two factors, "da", "slope", "input" and "product" for the chain's links, the rest for symbols.
FORWARD = (("x @ self._W", "z"), ("z += self._b", "z"), ("_activation.value(", "a"))
LOSS = (("return", "loss"),)
BACKWARD = ((".activation_derivative(", "slope"), (".dx(", "da"), (".norm._backward(", "norm"))
OUTPUT_DELTA = ((".output_delta(", "chain"), (".norm._backward(", "norm"))
PRODUCT = {"W": ((".dW(", "input"), (".dW(", "product")), "b": ((".db(", "one"), (".db(", "product"))}
RETURN = {link: (("return", link),) for link in ("a", "da", "slope", "chain", "product")}
UPDATE = (
    ("_decayed(", "g"),
    ("velocity *=", "v"),
    ("velocity +=", "v"),
    ("mean *=", "m"),
    ("mean +=", "m"),
    ("squares *=", "s"),
    ("squares +=", "s"),
    ("size = ", "s"),
    ("parameter *=", "decay"),
    ("parameter -=", "w"),
)
#: Every marked function with its marks, for the test that all of them are found.
MARKED = ((Dense._forward, FORWARD), (Network._backward, BACKWARD + OUTPUT_DELTA))
MARKED += tuple((Network._backward, marks) for marks in PRODUCT.values())
MARKED += tuple((loss.rows, LOSS) for loss in LOSSES.values())
