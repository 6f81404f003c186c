"""The network: layers of units, the forward pass that predicts, and the backward pass that finds every gradient.

A network is a value: passes return what they computed and change nothing. Rows are samples: x is (n, fan_in), W is
(fan_in, fan_out), b is (fan_out,), z and a are (n, fan_out). Methods with a leading underscore are the training loop's:
they do the same without checking, and hand out arrays that can be written to.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from .arguments import choose, shown, whole
from .bugs import check_bugs, terms_with
from .initializers import INITIALIZERS
from .layers import BatchNorm, Dense
from .losses import check_pair
from .records import Extras, Grads, NormGrads, Trace, Training, sealed

__all__ = ["BatchNorm", "Dense", "Extras", "Grads", "Network", "NormGrads", "Trace", "Training"]


class Network:
    """Layers in a row, from inputs to outputs. Calling it predicts; `forward` and `backward` show how.

    Make one from sizes with `Network.create`, or from Dense layers of your own. All layers share one dtype.
    """

    def __init__(self, layers):
        layers = tuple(layers) if isinstance(layers, Iterable) else ()
        if not layers or not all(isinstance(layer, Dense) for layer in layers):
            raise ValueError("layers must be a sequence of at least one Dense layer.")
        for l in range(1, len(layers)):
            if layers[l].fan_in != layers[l - 1].fan_out:
                raise ValueError(
                    f"layers: layer {l} takes {layers[l].fan_in} inputs, "
                    f"but layer {l - 1} puts out {layers[l - 1].fan_out}."
                )
            if layers[l].dtype != layers[0].dtype:
                raise ValueError(
                    f"layers: layer {l} is {layers[l].dtype}, but layer 0 is {layers[0].dtype}; use one dtype."
                )
        if layers[-1].dropout:
            raise ValueError("dropout is for hidden layers only, but the output layer has it.")
        if layers[-1]._on is not None:
            raise ValueError("units_on is for hidden layers only: output units stand for classes and stay on.")
        self.layers = layers
        self._right = terms_with((), len(layers))

    @classmethod
    def create(
        cls,
        sizes,
        activations,
        *,
        init="glorot_uniform",
        init_args=None,
        bias=True,
        bias_init="zeros",
        bias_args=None,
        dropout=0.0,
        batch_norm=False,
        seed=0,
        dtype=np.float32,
    ):
        """A fresh network.

        sizes names the units of every layer, inputs first, such as (784, 128, 10); activations one name for each layer
        but the inputs. init and bias_init are names of INITIALIZERS, init_args and bias_args what they are told.
        dropout and batch_norm go to the hidden layers. Layer l draws its W, and then its b, from
        default_rng([seed, 0, l]).
        """
        sizes = _sizes(sizes)
        layers = len(sizes) - 1
        if not isinstance(activations, tuple | list) or len(activations) != layers:
            raise ValueError(
                f"activations is {shown(activations)}, but {layers + 1} sizes need {layers} names, "
                "one for each layer after the inputs."
            )
        draw = choose(INITIALIZERS, "initializer", init)
        draw_bias = choose(BIAS_INITIALIZERS, "initializer for biases", bias_init)
        seed = whole("seed", seed, 0)
        dtype = _dtype(dtype)
        made = []
        for l, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            rng = np.random.default_rng([seed, 0, l])
            W = draw(fan_in, fan_out, rng, dtype, **(init_args or {}))
            b = draw_bias(1, fan_out, rng, dtype, **(bias_args or {}))[0] if bias else None
            hidden = l < layers - 1
            norm = BatchNorm(np.ones(fan_out, dtype), np.zeros(fan_out, dtype)) if batch_norm and hidden else None
            made.append(Dense(W, b, activations[l], dropout=dropout if hidden else 0.0, norm=norm))
        return cls(made)

    @property
    def sizes(self):
        """The units of every layer, inputs first."""
        return (self.layers[0].fan_in, *(layer.fan_out for layer in self.layers))

    @property
    def activations(self):
        """The activation's name of every layer."""
        return tuple(layer.activation for layer in self.layers)

    @property
    def dtype(self):
        return self.layers[0].dtype

    @property
    def parameter_count(self):
        """How many numbers learn."""
        return sum(array.size for layer in self.layers for array in layer._parameters().values())

    def __repr__(self):
        return f"Network({' → '.join(map(str, self.sizes))}, {', '.join(self.activations)}, {self.dtype})"

    def copy(self, dtype=None):
        """The same network with arrays of its own, in `dtype` if given."""
        dtype = dtype and _dtype(dtype)
        twin = object.__new__(Network)
        twin.layers = tuple(layer.copy(dtype) for layer in self.layers)
        twin._right = self._right
        return twin

    def __call__(self, x):
        """The prediction for x (n, fan_in): (n, outputs)."""
        return self._predict(self._inputs(x))

    def forward(self, x, *, training=None):
        """One Trace a layer for x (n, fan_in), read-only. `training` (a Training) brings dropout masks in and makes
        batch norm use the batch's own statistics; without it, this is a prediction.
        """
        x = self._inputs(x)
        if training is not None:
            training = self._checked_training(training, len(x))
        return tuple(sealed(trace) for trace in self._forward(x, training))

    def loss(self, traces, y, loss):
        """The mean loss over the batch, a float, for the traces of `forward` and the targets y."""
        return float(self.row_losses(traces, y, loss).mean())

    def row_losses(self, traces, y, loss):
        """Every row's own loss, (n,); their mean is the loss."""
        entry, y = self._targets(traces, y, loss)
        return self._row_losses(traces, y, entry)

    def backward(self, traces, y, loss, *, bug=()):
        """One Grads a layer, read-only: how the loss named `loss` changes with each number of the network.

        traces come from `forward`, y holds their targets. `bug` names entries of BUGS, to be wrong on purpose.
        """
        entry, y = self._targets(traces, y, loss)
        terms = terms_with(check_bugs(bug), len(self.layers))
        return tuple(sealed(grads) for grads in self._backward(traces, y, entry, terms, first_dx=True))

    # The same without checks, for the training loop ------------------------------------------------------------------

    def _predict(self, x):
        for layer in self.layers:
            x = layer._forward(x).a
        return x

    def _forward(self, x, training=None):
        masks = None if training is None else training.masks
        traces = []
        for l, layer in enumerate(self.layers):
            trace = layer._forward(x, training is not None, None if masks is None else masks[l])
            traces.append(trace)
            x = trace.a
        return tuple(traces)

    def _row_losses(self, traces, y, loss):
        """Every row's loss, (n,); `loss` is the Loss itself."""
        return loss.rows(traces[-1].z, traces[-1].a, y)

    def _backward(self, traces, y, loss, terms=None, *, first_dx=False, n=None):
        """One Grads a layer; `loss` is the Loss itself, `terms` a Terms for each layer (None: the right ones).

        The first layer's dx, which no update needs, is found only with first_dx. n is the number of rows that the mean
        goes over, where the traces are a part of a larger batch.
        """
        terms = terms or self._right
        last = len(self.layers) - 1
        found = [None] * (last + 1)
        da = None
        for l in range(last, -1, -1):
            layer, trace, term = self.layers[l], traces[l], terms[l]
            x, z, a, extras = trace
            if l == last:
                dz = term.output_delta(z, a, y, loss, layer._activation, len(z) if n is None else n)
            else:
                if layer._on is not None:
                    da = da * layer._on
                if extras is not None:
                    a = extras.active
                    if extras.mask is not None:
                        da = da * extras.mask
                dz = term.activation_derivative(z, a, da, layer._activation)
            W, dnorm, dlinear = layer._W, None, dz
            if layer.norm is not None:
                dnorm = layer.norm._backward(extras, dz)
                dlinear = dnorm.dlinear
            dW = term.dW(x, dlinear, W)
            db = None if layer._b is None else term.db(x, dlinear, W)
            da = term.dx(x, dlinear, W) if l or first_dx else None
            found[l] = Grads(dz, dW, db, da, dnorm)
        return tuple(found)

    # Checks ----------------------------------------------------------------------------------------------------------

    def _inputs(self, x):
        """x as (n, fan_in) of the network's dtype, or a ValueError."""
        x = np.asarray(x)
        if x.dtype.kind not in "biuf":
            raise ValueError(f"x has dtype {x.dtype}, but inputs must be numbers.")
        fan_in = self.layers[0].fan_in
        if x.ndim != 2 or x.shape[1] != fan_in or len(x) == 0:
            raise ValueError(f"x has shape {x.shape}, but this network takes (n, {fan_in}) with n at least 1.")
        with np.errstate(over="ignore"):  # what is too large for the dtype is refused as infinite
            x = x.astype(self.dtype, copy=False)
        if not np.isfinite(x).all():
            raise ValueError("x holds NaN or infinite values, but inputs must be finite numbers.")
        return x

    def _checked_training(self, training, n):
        if not isinstance(training, Training):
            raise ValueError(f"training is {training!r}, but must be None or a Training.")
        if n == 1 and any(layer.norm is not None for layer in self.layers):
            raise ValueError("x has one row, but batch norm needs at least two to find their variance.")
        if training.masks is None:
            return training
        if len(training.masks) != len(self.layers):
            raise ValueError(
                f"training has {len(training.masks)} masks, but the network has {len(self.layers)} layers."
            )
        masks = []
        for l, (layer, mask) in enumerate(zip(self.layers, training.masks, strict=True)):
            if mask is not None:
                if l == len(self.layers) - 1:
                    raise ValueError("training: the output layer takes no dropout mask; give None for it.")
                mask = np.asarray(mask)
                if mask.shape != (n, layer.fan_out):
                    raise ValueError(
                        f"training: the mask of layer {l} has shape {mask.shape}, but must have {(n, layer.fan_out)}."
                    )
                mask = mask.astype(self.dtype, copy=False)
            masks.append(mask)
        return Training(tuple(masks))

    def _targets(self, traces, y, loss):
        """The Loss itself and y as it needs it, or a ValueError."""
        entry = check_pair(loss, self.activations[-1])
        if not isinstance(traces, tuple | list) or not all(isinstance(trace, Trace) for trace in traces):
            raise ValueError(f"traces is {shown(traces)}, but must be what forward gives: one Trace a layer.")
        if len(traces) != len(self.layers):
            raise ValueError(f"traces has {len(traces)} entries, but the network has {len(self.layers)} layers.")
        for l, (layer, trace) in enumerate(zip(self.layers, traces, strict=True)):
            shapes = trace.x.shape, trace.z.shape
            n = len(traces[0].x)
            if shapes != ((n, layer.fan_in), (n, layer.fan_out)):
                raise ValueError(
                    f"traces: layer {l} has x and z of shapes {shapes}, but this network's forward gives "
                    f"{(n, layer.fan_in)} and {(n, layer.fan_out)}."
                )
        a = traces[-1].a
        return entry, entry.check_targets(y, len(a), a.shape[1], self.dtype)


BIAS_INITIALIZERS = {name: INITIALIZERS[name] for name in ("zeros", "constant", "uniform", "normal")}


def _sizes(sizes):
    if not isinstance(sizes, Iterable) or len(sizes := tuple(sizes)) < 2:
        raise ValueError(f"sizes is {shown(sizes)}, but needs at least two numbers: inputs and outputs.")
    return tuple(whole("sizes: every entry", size, 1) for size in sizes)


def _dtype(dtype):
    try:
        found = None if dtype is None else np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype is {dtype!r}, but must be float32 or float64.")
    return found
