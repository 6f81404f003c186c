"""The network: layers of units, the forward pass that predicts, and the backward pass that finds every gradient.

A network is a value: passes return what they computed and change nothing. Rows are samples: x is (n, fan_in), W is
(fan_in, fan_out), b is (fan_out,), z and a are (n, fan_out). Methods with a leading underscore are the training loop's:
they do the same without checking, and hand out arrays that can be written to.
"""

from typing import Any, NamedTuple

import numpy as np

from .activations import ACTIVATIONS
from .arguments import choose, number
from .bugs import check_bugs, terms_with
from .initializers import INITIALIZERS
from .losses import check_pair

__all__ = ["BatchNorm", "Dense", "Extras", "Grads", "Network", "NormGrads", "Trace", "Training"]


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


class BatchNorm:
    """Brings every unit's x @ W + b to mean 0 and variance 1 over the batch, then to a learned spread and middle:
    z = gamma · (linear - mean) / √(variance + epsilon) + beta (Ioffe & Szegedy 2015, algorithm 1).

    Predictions use running averages of mean and variance: after each update, running = (1 - momentum) · running +
    momentum · the batch's, with the variance of n rows taken as a sum over n - 1.
    """

    def __init__(self, gamma, beta, running_mean=None, running_var=None, *, momentum=0.1, epsilon=1e-5):
        self._gamma = _array("gamma", gamma, 1)
        dtype = self._gamma.dtype
        self._beta = _array("beta", beta, 1, dtype)
        self._running_mean = _array(
            "running_mean", np.zeros_like(gamma) if running_mean is None else running_mean, 1, dtype
        )
        self._running_var = _array("running_var", np.ones_like(gamma) if running_var is None else running_var, 1, dtype)
        for name in ("beta", "running_mean", "running_var"):
            if getattr(self, "_" + name).shape != self._gamma.shape:
                raise ValueError(
                    f"{name} has shape {getattr(self, '_' + name).shape}, but gamma has {self._gamma.shape}."
                )
        if (self._running_var < 0).any():
            raise ValueError("running_var holds negative values, but variances are at least 0.")
        self.momentum = number("momentum", momentum)
        self.epsilon = number("epsilon", epsilon)
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"momentum is {momentum}, but must be at least 0 and at most 1.")
        if self.epsilon <= 0:
            raise ValueError(f"epsilon is {epsilon}, but must be above 0.")

    gamma = property(lambda self: _read_only(self._gamma), doc="The learned spread, (fan_out,), read-only.")
    beta = property(lambda self: _read_only(self._beta), doc="The learned middle, (fan_out,), read-only.")
    running_mean = property(lambda self: _read_only(self._running_mean), doc="(fan_out,), read-only.")
    running_var = property(lambda self: _read_only(self._running_var), doc="(fan_out,), read-only.")

    def __repr__(self):
        return f"BatchNorm({len(self._gamma)} units)"

    def copy(self, dtype=None):
        arrays = (self._gamma, self._beta, self._running_mean, self._running_var)
        arrays = [array.astype(dtype or array.dtype) for array in arrays]
        return BatchNorm(*arrays, momentum=self.momentum, epsilon=self.epsilon)

    def _forward(self, linear, batch):
        """(z, normal, mean, variance) for linear (n, fan_out); of the batch when `batch`, else of the running averages."""
        if batch:
            mean = linear.mean(axis=0)
            centred = linear - mean
            variance = (centred * centred).mean(axis=0)
        else:
            mean, variance = self._running_mean, self._running_var
            centred = linear - mean
        normal = centred / np.sqrt(variance + self.epsilon)
        return self._gamma * normal + self._beta, normal, mean, variance

    def _backward(self, extras, dz):
        """NormGrads for dz (n, fan_out); with the batch's own statistics, mean and variance depend on every row too."""
        dnormal = dz * self._gamma
        if extras.batch:
            dnormal = dnormal - dnormal.mean(axis=0) - extras.normal * (dnormal * extras.normal).mean(axis=0)
        dlinear = dnormal / np.sqrt(extras.variance + self.epsilon)
        return NormGrads((dz * extras.normal).sum(axis=0), dz.sum(axis=0), dlinear)

    def _update(self, extras):
        """Moves the running averages, in place, by the batch that `extras` is of."""
        n = len(extras.normal)
        for running, seen in ((self._running_mean, extras.mean), (self._running_var, extras.variance * (n / (n - 1)))):
            running *= 1.0 - self.momentum
            running += self.momentum * seen


class Dense:
    """One layer in which every unit sees every input: a = f(x @ W + b).

    W is (fan_in, fan_out), b (fan_out,) or None, activation a name of ACTIVATIONS. dropout is the share of units that
    sit out each training update, norm None or a BatchNorm that acts on x @ W + b. units_on is None or (fan_out,)
    booleans: a unit that is off puts out 0. The arrays are copied; W and b are handed out read-only.
    """

    def __init__(self, W, b, activation, *, dropout=0.0, norm=None, units_on=None):
        self._W = _array("W", W, 2)
        if 0 in self._W.shape:
            raise ValueError(f"W has shape {self._W.shape}, but a layer needs at least one input and one unit.")
        self._b = None if b is None else _array("b", b, 1, self._W.dtype)
        if self._b is not None and self._b.shape != (self.fan_out,):
            raise ValueError(
                f"b has shape {self._b.shape}, but W has {self.fan_out} columns: b must be ({self.fan_out},)."
            )
        self._activation = choose(ACTIVATIONS, "activation", activation)
        self.dropout = number("dropout", dropout)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {dropout}, but must be at least 0 and below 1.")
        self.norm = norm
        if norm is not None and (norm._gamma.shape != (self.fan_out,) or norm._gamma.dtype != self._W.dtype):
            raise ValueError(
                f"norm has {len(norm._gamma)} units of {norm._gamma.dtype}, but the layer has {self.fan_out} of {self.dtype}."
            )
        self._on = None
        if units_on is not None:
            on = np.asarray(units_on)
            if on.shape != (self.fan_out,) or on.dtype != bool:
                raise ValueError(
                    f"units_on has shape {on.shape} and dtype {on.dtype}, but must be ({self.fan_out},) booleans."
                )
            self._set_units(on)
        self._sync = None  # the per-sample engine's: called before W is read, to bring it up to date

    @property
    def W(self):
        """The weights, (fan_in, fan_out), read-only."""
        if self._sync is not None:
            self._sync()
        return _read_only(self._W)

    @property
    def b(self):
        """The biases, (fan_out,), read-only, or None."""
        return None if self._b is None else _read_only(self._b)

    @property
    def activation(self):
        """The activation's name."""
        return self._activation.name

    @property
    def units_on(self):
        """(fan_out,) booleans, or None where no unit is off."""
        return None if self._on is None else self._on != 0

    @property
    def fan_in(self):
        return self._W.shape[0]

    @property
    def fan_out(self):
        return self._W.shape[1]

    @property
    def dtype(self):
        return self._W.dtype

    def __repr__(self):
        parts = [f"{self.fan_in} → {self.fan_out}", self.activation]
        parts += ["no biases"] * (self._b is None) + ["batch norm"] * (self.norm is not None)
        parts += [f"dropout {self.dropout:g}"] * (self.dropout > 0)
        parts += [f"{(self._on == 0).sum()} off"] * (self._on is not None)
        return f"Dense({', '.join(parts)})"

    def copy(self, dtype=None):
        """The same layer with arrays of its own, in `dtype` if given."""
        dtype = dtype or self.dtype
        return Dense(
            self.W.astype(dtype),
            None if self._b is None else self._b.astype(dtype),
            self.activation,
            dropout=self.dropout,
            norm=None if self.norm is None else self.norm.copy(dtype),
            units_on=self.units_on,
        )

    def _set_units(self, on):
        """Takes over (fan_out,) booleans; all on is the same as none given."""
        self._on = None if np.all(on) else np.asarray(on).astype(self.dtype)

    def _parameters(self):
        """The layer's arrays that learn, writable, by name: "W", and where there are any "b", "gamma", "beta"."""
        found = {"W": self._W}
        if self._b is not None:
            found["b"] = self._b
        if self.norm is not None:
            found["gamma"], found["beta"] = self.norm._gamma, self.norm._beta
        return found

    def _forward(self, x, training=False, mask=None):
        """The Trace of x (n, fan_in)."""
        z = x @ self._W
        if self._b is not None:
            z += self._b
        extras = None
        if self.norm is not None:
            linear = z
            z, normal, mean, variance = self.norm._forward(linear, training)
            extras = Extras(None, mask, linear, normal, mean, variance, training)
        a = self._activation.value(z)
        if extras is not None or mask is not None:
            extras = Extras(a, mask) if extras is None else extras._replace(active=a)
        if mask is not None:
            a = a * mask
        if self._on is not None:
            a = a * self._on
        return Trace(x, z, a, extras)


class Network:
    """Layers in a row, from inputs to outputs. Calling it predicts; `forward` and `backward` show how.

    Make one from sizes with `Network.create`, or from Dense layers of your own. All layers share one dtype.
    """

    def __init__(self, layers):
        layers = tuple(layers)
        if not layers or not all(isinstance(layer, Dense) for layer in layers):
            raise ValueError("layers must be a sequence of at least one Dense layer.")
        for l in range(1, len(layers)):
            if layers[l].fan_in != layers[l - 1].fan_out:
                raise ValueError(
                    f"layers: layer {l} takes {layers[l].fan_in} inputs, but layer {l - 1} puts out {layers[l - 1].fan_out}."
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
        if isinstance(activations, str) or len(activations) != layers:
            raise ValueError(
                f"activations is {activations!r}, but {layers + 1} sizes need {layers} names, one a layer after the inputs."
            )
        draw = choose(INITIALIZERS, "initializer", init)
        draw_bias = choose(BIAS_INITIALIZERS, "initializer for biases", bias_init)
        seed = _whole("seed", seed, 0)
        dtype = _dtype(dtype)
        made = []
        for l, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
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
        return Network([layer.copy(dtype and _dtype(dtype)) for layer in self.layers])

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
        return tuple(_sealed(trace) for trace in self._forward(x, training))

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
        return tuple(_sealed(grads) for grads in self._backward(traces, y, entry, terms, first_dx=True))

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
        if len(traces) != len(self.layers):
            raise ValueError(f"traces has {len(traces)} entries, but the network has {len(self.layers)} layers.")
        a = traces[-1].a
        return entry, entry.check_targets(y, len(a), a.shape[1], self.dtype)


BIAS_INITIALIZERS = {name: INITIALIZERS[name] for name in ("zeros", "constant", "uniform", "normal")}


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


def _sealed(record):
    """The same Trace or Grads with read-only arrays."""
    fields = []
    for value in record:
        if isinstance(value, np.ndarray):
            value = _read_only(value)
        elif isinstance(value, tuple):
            value = _sealed(value)
        fields.append(value)
    return type(record)(*fields)


def _array(name, array, dimensions, dtype=None):
    """A copy of `array`, checked: its number of dimensions, its kind, and that it is finite."""
    array = np.asarray(array)
    if array.ndim != dimensions or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has shape {array.shape} and dtype {array.dtype}, but must be numbers in {dimensions} dimension"
            f"{'s' * (dimensions > 1)}."
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.float32
    array = np.array(array, dtype, order="C")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values, but must be finite.")
    return array


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value!r}, but must be a whole number of at least {least}.")
    return int(value)


def _sizes(sizes):
    sizes = tuple(sizes)
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes!r}, but needs at least two numbers: inputs and outputs.")
    return tuple(_whole("sizes: every entry", size, 1) for size in sizes)


def _dtype(dtype):
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype is {dtype!r}, but must be float32 or float64.")
    return found
