"""Explaining one update: the numbers of a Step for one row of its batch and one parameter, in the order of a lesson.

`row.py` brings a row and a parameter together, `forward.py`, `backward.py` and `descent.py` take the three passes
apart, `effect.py` says what the update did to the loss, `nudging.py` measures the same gradient without any backward
pass, and `code.py` finds the lines of this package that did it all. Nothing here trains: everything is read off a
Step, or computed a second time in float64 where that is the point.
"""

from .backward import Factor, digits, factors, product
from .code import Excerpt, excerpts
from .descent import DESCENTS, Equation, descent
from .effect import Effect, Ripple, effect, ripple
from .forward import Sum, curve, path, sums
from .nudging import Nudging
from .row import Chosen, Row, steepest

__all__ = [
    "DESCENTS",
    "Chosen",
    "Effect",
    "Equation",
    "Excerpt",
    "Factor",
    "Nudging",
    "Ripple",
    "Row",
    "Sum",
    "curve",
    "descent",
    "digits",
    "effect",
    "excerpts",
    "factors",
    "path",
    "product",
    "ripple",
    "steepest",
    "sums",
]
