"""What the Trainer's engines share: the life of one without blocks, and for the fast two, per_sample.py and
mini_batch.py, the settings that they serve and the commonest activations, written into arrays that are there already:
fewer calls, and no new arrays.

The formulas are those of activations.py. z, a, da and dz have one shape: (width,) for a single sample's row, or
(n, width).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .activations import Activation
from .bugs import BUGS
from .losses import Loss
from .terms import RIGHT, Terms

#: A NumPy scalar is added faster than a Python number, and leaves float32 and float64 arrays what they are.
ONE = np.float32(1)
#: Terms of the backward pass whose wrong versions fit into the fast engines; other bugs take the plain one.
SERVED_TERMS = ("output_delta", "activation_derivative")


def plain_sgd(trainer) -> bool:
    """Whether a trainer does what the fast engines do: SGD without slots, l1, dropout or batch norm."""
    return (
        trainer.optimizer.name == "sgd"
        and trainer.optimizer.weight_decay == 0
        and trainer.l1 == 0
        and all(layer.norm is None and not layer.dropout for layer in trainer.network.layers)
        and all(BUGS[name].term in SERVED_TERMS for name in trainer.bug)
    )


class WithoutBlocks:
    """An engine whose network holds the whole state after every update: what only blocks need does nothing here.

    `_update()` does one update and returns None where that diverged.
    """

    on_edge = True

    def leave(self) -> None: ...

    forget = close = settle = sync = written = leave

    def updates_to_edge(self) -> int:
        return 0

    def run(self, updates: int) -> int:
        """Do `updates` updates; return how many were done."""
        for done in range(updates):
            if self._update() is None:
                return done
        return updates


def in_place(activations: Sequence[Activation], terms: Sequence[Terms]) -> tuple[list[Callable], list[Callable]]:
    """A forward(z, a) and a backward(z, a, da, dz) for each layer, with its own, maybe wrong, derivative."""
    forward = [IN_PLACE[f.name][0] if f.name in IN_PLACE else into(f.value) for f in activations]
    backward = [
        IN_PLACE[f.name][1]
        if IN_PLACE.get(f.name, (None, None))[1] and term.activation_derivative is RIGHT.activation_derivative
        else into(partial(term.activation_derivative, activation=f))
        for f, term in zip(activations, terms, strict=True)
    ]
    return forward, backward


def joins(loss: Loss, terms: Sequence[Terms]) -> bool:
    """Whether the last layer's dz is softmax's outputs minus the one-hot labels."""
    return loss.name == "cross_entropy" and terms[-1].output_delta is RIGHT.output_delta


def into(fn):
    """Let a batch-first function write its result into the last argument; rows go in as batches of one."""

    def write(*arrays):
        *given, out = arrays
        if out.ndim == 1:
            out[...] = fn(*(row[None] for row in given))[0]
        else:
            out[...] = fn(*given)

    return write


def sigmoid(z, a):
    """a = 1 / (1 + exp(-z))"""
    np.negative(z, a)
    np.exp(a, a)
    np.add(a, ONE, a)
    np.reciprocal(a, a)


def sigmoid_backward(z, a, da, dz):
    """dz = da * a (1 - a)"""
    np.multiply(a, a, dz)
    np.subtract(a, dz, dz)
    np.multiply(dz, da, dz)


def tanh(z, a):
    """a = tanh(z)"""
    np.tanh(z, a)


def tanh_backward(z, a, da, dz):
    """dz = da * (1 - a²)"""
    np.multiply(a, a, dz)
    np.subtract(ONE, dz, dz)
    np.multiply(dz, da, dz)


def relu(z, a):
    """a = max(0, z)"""
    np.maximum(z, 0, out=a)


def relu_backward(z, a, da, dz):
    """dz = da where z > 0, else 0"""
    np.multiply(da, z > 0, dz)


def softmax(z, a):
    """a = exp(z) / Σ exp(z), the largest z taken off first"""
    if z.ndim == 1:
        np.subtract(z, np.maximum.reduce(z), a)
        np.exp(a, a)
        a /= np.add.reduce(a)
    else:
        np.subtract(z, np.maximum.reduce(z, axis=1, keepdims=True), a)
        np.exp(a, a)
        a /= np.add.reduce(a, axis=1, keepdims=True)


def identity(z, a):
    """a = z"""
    a[...] = z


def identity_backward(z, a, da, dz):
    """dz = da"""
    dz[...] = da


#: name -> (forward(z, a), backward(z, a, da, dz)); softmax, rare in hidden layers, has no second of its own.
IN_PLACE = {
    "identity": (identity, identity_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "softmax": (softmax, None),
}
