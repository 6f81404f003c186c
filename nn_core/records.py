"""What the two passes return, a record for each layer: plain tuples of arrays with names.

`Trace` comes from the forward pass and `Grads` from the backward pass; `Training` is what a forward pass of training is
told beside its inputs.
"""

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Extras", "Grads", "NormGrads", "Trace", "Training", "read_only", "sealed"]


class Trace(NamedTuple):
    """What one layer saw and did in a forward pass.

    x (n, fan_in) came in, z (n, fan_out) is what the activation was given, a (n, fan_out) went on to the next layer.
    Without batch norm z is x @ W + b. `extras` is None, or with batch norm or dropout an Extras.
    """

    x: np.ndarray
    z: np.ndarray
    a: np.ndarray
    extras: Any = None


class Extras(NamedTuple):
    """More of a forward pass, where batch norm or a dropout mask took part. What took no part is None.

    active (n, fan_out) is f(z) before the mask, mask (n, fan_out) the dropout mask with its 1 / (1 - p) in it.
    linear (n, fan_out) is x @ W + b, normal (n, fan_out) the same brought to mean 0 and variance 1 by `mean` and
    `variance` (fan_out,), which are those of the batch when `batch` is true and the running ones otherwise.
    """

    active: np.ndarray
    mask: np.ndarray | None = None
    linear: np.ndarray | None = None
    normal: np.ndarray | None = None
    mean: np.ndarray | None = None
    variance: np.ndarray | None = None
    batch: bool = False


class Grads(NamedTuple):
    """One layer's gradients of the loss, each shaped like what it belongs to; db is None for a layer without biases.

    dx is with respect to the layer's input, and so the previous layer's dL/da. dnorm is None, or a NormGrads.
    """

    dz: np.ndarray
    dW: np.ndarray
    db: np.ndarray | None
    dx: np.ndarray | None
    dnorm: Any = None

    def of(self, name):
        """The gradient of the parameter called `name`: "W", "b", "gamma" or "beta"."""
        if name == "W":
            return self.dW
        if name == "b":
            return self.db
        return self.dnorm.dgamma if name == "gamma" else self.dnorm.dbeta


class NormGrads(NamedTuple):
    """Batch norm's gradients: of gamma and beta (fan_out,), and of x @ W + b (n, fan_out), where dW and db start."""

    dgamma: np.ndarray
    dbeta: np.ndarray
    dlinear: np.ndarray


class Training(NamedTuple):
    """Turns a forward pass into one of training: batch norm then uses the batch's own statistics.

    masks holds, for each layer, None or the (n, fan_out) array that its a is multiplied by (dropout: 0 for a unit that
    sits out, 1 / (1 - p) for one that stays). masks=None means no dropout at all.
    """

    masks: tuple | None = None


def read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


def sealed(record):
    """The same Trace or Grads with read-only arrays."""
    fields = []
    for value in record:
        if isinstance(value, np.ndarray):
            value = read_only(value)
        elif isinstance(value, tuple):
            value = sealed(value)
        fields.append(value)
    return type(record)(*fields)
