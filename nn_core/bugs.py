"""Bugs: one term of the backward pass done wrong, as it happens to people who write it by hand.

A wrong gradient often still learns, only worse, which is why one checks. Every bug here wraps one of the five functions
of `terms.py`: it gets the function that it replaces, then that one's own arguments. So several can be on at once; they
are put on in the table's order, whatever order they are named in.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from .activations import ACTIVATIONS
from .arguments import choose
from .terms import RIGHT

__all__ = ["BUGS", "Bug", "check_bugs", "terms_with"]


@dataclass(frozen=True)
class Bug:
    """One bug. `wrong_term(right, *arguments)` stands in for the function named `term` in the layers that it names.

    title, what and symptom are for the learner: its name, what it does, and how it shows. right and wrong are the line
    as it should be and as it is. layers is "all", "hidden" or "output". needs says, where a bug shows only in some
    networks, in which.
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
        return self.layers == "all" or (self.layers == "output") == (layer == layers - 1)


# The output delta ----------------------------------------------------------------------------------------------------


def softmax_diagonal(right, z, a, y, loss, activation, n):
    da = loss.mean_gradient(a, y, n)
    return da * activation.derivative(z, a)


def wrong_batch_count(right, z, a, y, loss, activation, n):
    return right(z, a, y, loss, activation, n) * (41 / 42)


def averaged_over_outputs(right, z, a, y, loss, activation, n):
    return right(z, a, y, loss, activation, n) / a.shape[1]


def flipped_sign(right, z, a, y, loss, activation, n):
    return -right(z, a, y, loss, activation, n)


def derivative_twice(right, z, a, y, loss, activation, n):
    return right(z, a, y, loss, activation, n) * activation.derivative(z, a)


# The activation's derivative -----------------------------------------------------------------------------------------


def missing_derivative(right, z, a, da, activation):
    return da


def copied_derivative(right, z, a, da, activation):
    another = "sigmoid" if activation.name == "tanh" else "tanh"
    return right(z, a, da, ACTIVATIONS[another])


# The weights' and the biases' gradients ------------------------------------------------------------------------------


def off_by_one(right, x, dz, W):
    dW = right(x, dz, W)
    dW[:, -1] = 0.0
    return dW


def integer_inputs(right, x, dz, W):
    return right(np.trunc(x), dz, W)


def summed_bias_gradient(right, x, dz, W):
    return np.full_like(right(x, dz, W), dz.sum())


def missing_bias_gradient(right, x, dz, W):
    return np.zeros_like(right(x, dz, W))


# The deltas sent back ------------------------------------------------------------------------------------------------


def reshaped_weights(right, x, dz, W):
    fan_in, fan_out = W.shape
    return right(x, dz, W.reshape(fan_out, fan_in).T)


def updated_weights(right, x, dz, W):
    return right(x, dz, W - x.T @ dz)


BUGS = {
    bug.name: bug
    for bug in (
        Bug(
            "softmax_diagonal",
            "Softmax treated like sigmoid",
            "The output delta uses only the diagonal of softmax's Jacobian, as if each output hung on its own z alone.",
            "It learns: every layer's gradient is off by a fifth or more, but points roughly the same way; a larger "
            "learning rate makes up for the rest.",
            "dz = a * (da - sum(a * da))",
            "dz = da * a * (1 - a)",
            "output_delta",
            "output",
            softmax_diagonal,
            "a softmax output",
        ),
        Bug(
            "wrong_batch_count",
            "Divided by the wrong number of rows",
            "The mean over the batch divides by all 42,000 rows, though 1,000 were set aside: every gradient is "
            "41/42 of what it should be.",
            "None that you would notice: it acts like a learning rate 2.4 % smaller. Only a gradient check sees it.",
            "dz = (a - y) / 41000",
            "dz = (a - y) / 42000",
            "output_delta",
            "output",
            wrong_batch_count,
        ),
        Bug(
            "averaged_over_outputs",
            "Averaged over the outputs too",
            "The mean goes over rows and outputs, where the loss takes it over rows alone (or has taken it already).",
            "Learning is as many times slower as there are outputs; a larger learning rate makes up for it.",
            "dz = (a - y) / n",
            "dz = (a - y) / (n * outputs)",
            "output_delta",
            "output",
            averaged_over_outputs,
            "more than one output",
        ),
        Bug(
            "flipped_sign",
            "Uphill instead of downhill",
            "Target minus output, as many books write it, but subtracted from the weights as if it were output minus "
            "target.",
            "The loss rises from the first update on, and accuracy falls below chance.",
            "dz = (a - y) / n",
            "dz = (y - a) / n",
            "output_delta",
            "output",
            flipped_sign,
        ),
        Bug(
            "derivative_twice",
            "The output's derivative taken twice",
            "The delta a - y has the output activation's derivative in it already; here it is multiplied in once more.",
            "It learns, but is slow where it is sure and wrong: the derivative is near 0 just there.",
            "dz = (a - y) / n",
            "dz = (a - y) / n * a * (1 - a)",
            "output_delta",
            "output",
            derivative_twice,
            "an output activation other than identity",
        ),
        Bug(
            "missing_derivative",
            "The activation's derivative left out",
            "The hidden layers pass back dL/da as if it were dL/dz: the chain rule lacks a link.",
            "It often learns. Sigmoid layers get gradients at least four times too large; units that are saturated or "
            "dead go on moving.",
            "dz = da * f'(z)",
            "dz = da",
            "activation_derivative",
            "hidden",
            missing_derivative,
            "a hidden layer with an activation other than identity",
        ),
        Bug(
            "copied_derivative",
            "The derivative of another activation",
            "The forward pass got a new activation, the backward pass kept the old one's derivative: tanh's (in a tanh "
            "network sigmoid's).",
            "It may learn or blow up: 1 - a² is wrong in size for a sigmoid, and even in sign once a is larger than 1.",
            "dz = da * f'(z)",
            "dz = da * (1 - a**2)",
            "activation_derivative",
            "hidden",
            copied_derivative,
            "a hidden layer",
        ),
        Bug(
            "off_by_one",
            "The last unit forgotten",
            "A loop over the units stops one short, so that the last unit's weights get no gradient.",
            "Hardly any in a wide layer: one unit keeps the weights that it was born with. In the output layer one "
            "class lags behind.",
            "for j in range(fan_out):",
            "for j in range(fan_out - 1):",
            "dW",
            "all",
            off_by_one,
        ),
        Bug(
            "integer_inputs",
            "Inputs cut to whole numbers",
            "An array of integers somewhere: what a layer receives is cut to whole numbers before it reaches dW.",
            "Pixels and sigmoid outputs between 0 and 1 all become 0: the weights stand still, and only biases learn.",
            "dW = x.T @ dz",
            "dW = x.astype(int).T @ dz",
            "dW",
            "all",
            integer_inputs,
        ),
        Bug(
            "summed_bias_gradient",
            "One gradient for all biases",
            "A sum without axis=0 adds over the units as well: a single number, shared by every bias of the layer.",
            "The hidden biases all move together. After softmax the sum is 0, so that the output biases never move.",
            "db = dz.sum(axis=0)",
            "db = dz.sum()",
            "db",
            "all",
            summed_bias_gradient,
            "biases, and more than one unit in a layer",
        ),
        Bug(
            "missing_bias_gradient",
            "Biases never updated",
            "The biases take part in the forward pass, but get no gradient.",
            "It learns, a little worse: every bias stays where it began.",
            "db = dz.sum(axis=0)",
            "db = 0",
            "db",
            "all",
            missing_bias_gradient,
            "biases",
        ),
        Bug(
            "reshaped_weights",
            "Reshaped instead of transposed",
            "The shapes did not fit, and reshape made them fit: the deltas go back through the right weights in the "
            "wrong places.",
            "No error, and the last layer learns as it should; the layers below it wander at random.",
            "dx = dz @ W.T",
            "dx = dz @ W.reshape(fan_out, fan_in)",
            "dx",
            "all",
            reshaped_weights,
            "a layer after the first with more than one unit",
        ),
        Bug(
            "updated_weights",
            "Sent back through updated weights",
            "Each layer is updated before its deltas are sent back, so that they meet weights which the prediction "
            "never used (here with a learning rate of 1).",
            "None at small learning rates; at large ones training becomes rough.",
            "dx = dz @ W.T",
            "W -= dW; dx = dz @ W.T",
            "dx",
            "all",
            updated_weights,
            "at least two layers",
        ),
    )
}


def check_bugs(names):
    """`names` (a tuple or list of BUGS names) as a tuple; ValueError for anything else."""
    if isinstance(names, str) or not isinstance(names, tuple | list):
        raise ValueError(f'bug is {names!r}, but must be a tuple of names, such as ("softmax_diagonal",).')
    for name in names:
        choose(BUGS, "bug", name)
        if names.count(name) > 1:
            raise ValueError(f"bug names {name!r} twice; name each bug once.")
    return tuple(names)


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
