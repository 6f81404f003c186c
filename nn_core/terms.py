"""The five terms of the backward pass, one plain function each.

They stand alone so that each can be shown, checked and replaced: an entry of BUGS is one of these functions done wrong.
Shapes: x (n, fan_in), W (fan_in, fan_out), z, a, da, dz (n, fan_out). The mean over the batch enters once, in the
output delta; everything after it is a plain sum.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["RIGHT", "Terms", "activation_derivative", "dW", "db", "dx", "output_delta"]


def output_delta(z, a, y, loss, activation, n):
    """dz of the last layer, from its z and a, the targets y, the Loss and the Activation; the mean goes over n rows."""
    return loss.delta(z, a, y, activation, n)


def activation_derivative(z, a, da, activation):
    """dz of a hidden layer, from dL/da: da times the activation's derivative at z."""
    return activation.backward(z, a, da)


def dW(x, dz, W):
    """dL/dW (fan_in, fan_out): each input times each delta, summed over the batch.

    For a single row nothing is summed, and the plain product of a column and a row is three times as fast.
    """
    return x.T @ dz if len(x) > 1 else np.multiply(x.T, dz, order="C")


def db(x, dz, W):
    """dL/db (fan_out,): each unit's delta, summed over the batch."""
    return dz.sum(axis=0)


def dx(x, dz, W):
    """dL/dx (n, fan_in): the deltas sent back through the same weights."""
    return dz @ W.T


class Terms(NamedTuple):
    """The five functions that one layer's backward pass calls."""

    output_delta: Callable = output_delta
    activation_derivative: Callable = activation_derivative
    dW: Callable = dW
    db: Callable = db
    dx: Callable = dx


RIGHT = Terms()
