"""The layer: units that each see every input, and the batch normalization that may sit inside.

Rows are samples: x is (n, fan_in), W is (fan_in, fan_out), b is (fan_out,), z and a are (n, fan_out). Arrays are copied
when they come in and read-only when they go out; the training loop alone writes to the underscored ones.
"""

import numpy as np

from .activations import ACTIVATIONS
from .arguments import array_of, choose, number
from .records import Extras, NormGrads, Trace, read_only

__all__ = ["BatchNorm", "Dense"]


class BatchNorm:
    """Brings every unit's x @ W + b to mean 0 and variance 1 over the batch, then to a learned spread and middle:
    z = gamma · (linear - mean) / √(variance + epsilon) + beta (Ioffe & Szegedy 2015, algorithm 1).

    Predictions use running averages of mean and variance: after each update, running = (1 - momentum) · running +
    momentum · the batch's, with the variance of n rows taken as a sum over n - 1.
    """

    def __init__(self, gamma, beta, running_mean=None, running_var=None, *, momentum=0.1, epsilon=1e-5):
        self._gamma = array_of("gamma", gamma, 1)
        dtype = self._gamma.dtype
        self._beta = array_of("beta", beta, 1, dtype)
        units = self._gamma.shape
        self._running_mean = array_of(
            "running_mean", np.zeros(units) if running_mean is None else running_mean, 1, dtype
        )
        self._running_var = array_of("running_var", np.ones(units) if running_var is None else running_var, 1, dtype)
        for name in ("beta", "running_mean", "running_var"):
            found = getattr(self, "_" + name).shape
            if found != units:
                raise ValueError(f"{name} has shape {found}, but must have gamma's, {units}.")
        if (self._running_var < 0).any():
            raise ValueError("running_var holds negative values, but variances are at least 0.")
        self.momentum = number("momentum", momentum)
        self.epsilon = number("epsilon", epsilon)
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"momentum is {momentum}, but must be at least 0 and at most 1.")
        if self.epsilon <= 0:
            raise ValueError(f"epsilon is {epsilon}, but must be above 0.")

    gamma = property(lambda self: read_only(self._gamma), doc="The learned spread, (fan_out,), read-only.")
    beta = property(lambda self: read_only(self._beta), doc="The learned middle, (fan_out,), read-only.")
    running_mean = property(lambda self: read_only(self._running_mean), doc="(fan_out,), read-only.")
    running_var = property(lambda self: read_only(self._running_var), doc="(fan_out,), read-only.")

    def __repr__(self):
        return f"BatchNorm({len(self._gamma)} units)"

    def copy(self, dtype=None):
        """The same with arrays of its own, in `dtype` if given, whatever they hold."""
        twin = _unchecked_twin(self)
        for name in ("_gamma", "_beta", "_running_mean", "_running_var"):
            setattr(twin, name, getattr(self, name).astype(dtype or self._gamma.dtype))
        return twin

    def _forward(self, linear, batch):
        """(z, normal, mean, variance) for linear (n, fan_out): the batch's own when `batch`, else the running ones."""
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

    def follow(self, extras):
        """Moves the running averages, in place, by the batch that `extras` is of; the training loop's to call."""
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
        self._W = array_of("W", W, 2)
        if 0 in self._W.shape:
            raise ValueError(f"W has shape {self._W.shape}, but a layer needs at least one input and one unit.")
        self._b = None if b is None else array_of("b", b, 1, self._W.dtype)
        if self._b is not None and self._b.shape != (self.fan_out,):
            raise ValueError(
                f"b has shape {self._b.shape}, but W has {self.fan_out} columns: b must be ({self.fan_out},)."
            )
        self._activation = choose(ACTIVATIONS, "activation", activation)
        self.dropout = number("dropout", dropout)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {dropout}, but must be at least 0 and below 1.")
        if not (norm is None or isinstance(norm, BatchNorm)):
            raise ValueError(f"norm is {norm!r}, but must be None or a BatchNorm.")
        self.norm = None if norm is None else norm.copy()
        if norm is not None and (norm._gamma.shape != (self.fan_out,) or norm._gamma.dtype != self._W.dtype):
            raise ValueError(
                f"norm has {len(norm._gamma)} units of {norm._gamma.dtype}, "
                f"but the layer has {self.fan_out} of {self.dtype}."
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
        return read_only(self._W)

    @property
    def b(self):
        """The biases, (fan_out,), read-only, or None."""
        return None if self._b is None else read_only(self._b)

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
        parts += [f"{np.sum(self._on == 0)} off"] * (self._on is not None)
        return f"Dense({', '.join(parts)})"

    def copy(self, dtype=None):
        """The same layer with arrays of its own, in `dtype` if given, whatever they hold."""
        dtype = dtype or self.dtype
        twin = _unchecked_twin(self)
        twin._sync = None
        twin._W = self.W.astype(dtype, order="C")
        twin._b = None if self._b is None else self._b.astype(dtype)
        twin._on = None if self._on is None else self._on.astype(dtype)
        twin.norm = None if self.norm is None else self.norm.copy(dtype)
        return twin

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
        if self._sync is not None:
            self._sync()
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


def _unchecked_twin(thing):
    """A new object of the same class with the same attributes, without __init__ and its checks."""
    twin = object.__new__(type(thing))
    twin.__dict__.update(thing.__dict__)
    return twin
