"""Bugs: one term of the backward pass done wrong, as it happens to people who write it by hand.

A wrong gradient often still learns, only worse, which is why one checks. Every bug here wraps one of the five functions
of `terms.py`, so several can be on at once: they are put on in the table's order, whatever order they are named in.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .arguments import choose
from .terms import RIGHT

__all__ = ["BUGS", "Bug", "check_bugs", "terms_with"]


@dataclass(frozen=True)
class Bug:
    """One bug. `wrong_term(right, *arguments)` stands in for the function named `term` in the layers it names.

    `layers` is "all", "hidden" or "output". `needs` says, where a bug shows only in some networks, in which.
    """

    name: str
    title: str
    what: str
    symptom: str
    right: str
    wrong: str
    term: str
    layers: str
    wrong_term: Callable
    needs: str = ""

    def __repr__(self):
        return f"Bug({self.name}: {self.wrong} instead of {self.right})"

    @property
    def source(self):
        """The wrong term's own lines, to show to the learner."""
        return inspect.getsource(self.wrong_term)

    def touches(self, layer, layers):
        """Whether layer number `layer` of a network with `layers` layers is one of those the bug sits in."""
        last = layer == layers - 1
        return self.layers == "all" or last == (self.layers == "output")


def softmax_diagonal(right, z, a, y, loss, activation, n):
    da = loss.gradient(a, y) * (len(a) / n)
    return da * activation.derivative(z, a)


BUGS = {
    bug.name: bug
    for bug in (
        Bug(
            "softmax_diagonal",
            "Softmax treated like sigmoid",
            "The output delta takes only the diagonal of softmax's Jacobian, as if each output depended on its own z.",
            "It still learns, but slowly: all layers are off by about a fifth.",
            "dz = a * (da - sum(da * a))",
            "dz = da * a * (1 - a)",
            "output_delta",
            "output",
            softmax_diagonal,
            "a softmax output",
        ),
    )
}


def check_bugs(names):
    """`names` (a tuple or list of BUGS names) as a tuple; ValueError for anything else."""
    if isinstance(names, str):
        raise ValueError(f"bug is {names!r}, but must be a tuple of names, such as ({names!r},).")
    names = tuple(names)
    for name in names:
        choose(BUGS, "bug", name)
    if len(set(names)) != len(names):
        raise ValueError(f"bug names {max(names, key=names.count)!r} twice; name each bug once.")
    return names


def terms_with(names, layers):
    """A tuple of Terms, one for each of `layers` layers, with the named bugs in place of the right functions."""
    on = [bug for name, bug in BUGS.items() if name in names]
    found = []
    for layer in range(layers):
        terms = RIGHT
        for bug in on:
            if bug.touches(layer, layers):
                terms = terms._replace(**{bug.term: partial(bug.wrong_term, getattr(terms, bug.term))})
        found.append(terms)
    return tuple(found)
