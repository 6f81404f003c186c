"""Activation functions: what a unit puts out, a = f(z), for the weighted sum z that it has received.

Every forward line stands beside its derivative. The functions take arrays of any shape, keep their dtype, and stay
finite and silent for z of ±10,000. `ACTIVATIONS` maps the names to them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ACTIVATIONS", "Activation", "erf"]

# The largest x for which exp(x) and 1 / exp(x) are both ordinary numbers of the dtype.
_LARGEST_EXPONENT = {np.dtype(np.float32): 87.0, np.dtype(np.float64): 708.0}


@dataclass(frozen=True)
class Activation:
    """One activation function with its derivative. z, a, da and dz are arrays of one shape, (n, units).

    value(z) -> a
        The forward pass.
    derivative(z, a) -> array
        ∂a/∂z, element by element, given what the forward pass found. For softmax, whose outputs depend on every z of
        the row, this is only the diagonal of its Jacobian; `backward` uses all of it.
    backward(z, a, da) -> dz
        The chain rule: from dL/da to dL/dz.
    """

    name: str
    formula: str
    derivative_formula: str
    source: str
    value: Callable[[Any], np.ndarray]
    derivative: Callable[[Any, Any], np.ndarray]
    backward: Callable[[Any, Any, Any], np.ndarray]

    def __repr__(self):
        return f"Activation({self.name}: {self.formula})"


# Identity ------------------------------------------------------------------------------------------------------------


def identity(z):
    """a = z"""
    return z * 1.0


def identity_derivative(z, a):
    """da/dz = 1"""
    return np.ones_like(a)


# Sigmoid -------------------------------------------------------------------------------------------------------------


def sigmoid(z):
    """a = 1 / (1 + exp(-z)), between 0 and 1; the exponent is held where exp does not overflow."""
    return 1.0 / (1.0 + np.exp(np.minimum(-z, _largest_exponent(z))))


def sigmoid_derivative(z, a):
    """da/dz = a (1 - a)"""
    return a * (1.0 - a)


def _largest_exponent(z):
    return _LARGEST_EXPONENT.get(getattr(z, "dtype", None), 708.0)


# Tanh ----------------------------------------------------------------------------------------------------------------


def tanh(z):
    """a = (exp(z) - exp(-z)) / (exp(z) + exp(-z)), between -1 and 1"""
    return np.tanh(z)


def tanh_derivative(z, a):
    """da/dz = 1 - a²"""
    return 1.0 - a * a


# The rectifier and its relatives -------------------------------------------------------------------------------------


def relu(z):
    """a = max(0, z)"""
    return np.maximum(z, 0.0)


def relu_derivative(z, a):
    """da/dz = 1 where z > 0, else 0 (0 at the kink itself, as everywhere in practice)"""
    return (z > 0).astype(a.dtype)


SLOPE = 0.01  # of leaky_relu, where z is negative


def leaky_relu(z):
    """a = z where z > 0, else 0.01 z"""
    return np.maximum(z, SLOPE * z)


def leaky_relu_derivative(z, a):
    """da/dz = 1 where z > 0, else 0.01"""
    return np.where(z > 0, 1.0, SLOPE).astype(a.dtype)


def elu(z):
    """a = z where z > 0, else exp(z) - 1"""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def elu_derivative(z, a):
    """da/dz = 1 where z > 0, else exp(z) = a + 1"""
    return np.minimum(a, 0.0) + 1.0


def softplus(z):
    """a = log(1 + exp(z)), written as max(z, 0) + log(1 + exp(-|z|)) so that nothing overflows"""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def softplus_derivative(z, a):
    """da/dz = 1 / (1 + exp(-z)), the sigmoid"""
    return sigmoid(z)


# Gates: z times a number between 0 and 1 that depends on z itself ----------------------------------------------------


def silu(z):
    """a = z · sigmoid(z)"""
    return z * sigmoid(z)


def silu_derivative(z, a):
    """da/dz = s + z s (1 - s) with s = sigmoid(z); z s is a"""
    s = sigmoid(z)
    return s + a * (1.0 - s)


def gelu(z):
    """a = z Φ(z), Φ the normal distribution function: Φ(z) = (1 + erf(z / √2)) / 2"""
    return z * (0.5 + 0.5 * erf(z * math.sqrt(0.5)))


def gelu_derivative(z, a):
    """da/dz = Φ(z) + z φ(z), φ the normal density exp(-z²/2) / √(2π)"""
    bounded = np.minimum(np.abs(z), 1e3)  # the density is 0 long before; squares of larger z could overflow
    density = np.exp(-0.5 * bounded * bounded) * (1.0 / math.sqrt(2.0 * math.pi))
    return (0.5 + 0.5 * erf(z * math.sqrt(0.5))) + z * density


def _erf_table(last=6, per_unit=32, order=7):
    """Taylor coefficients of erf about the nodes 0, 1/32, 2/32 ... 6: row k belongs to the power (x - node)^k.

    The derivatives are erf⁽ᵏ⁺¹⁾(x) = 2/√π (-1)ᵏ Hₖ(x) exp(-x²) with Hermite's polynomials, Hₖ₊₁ = 2x Hₖ - 2k Hₖ₋₁
    (Abramowitz & Stegun 1964, 7.1.19 and 22.7.13). Eight rows leave an error below 1e-15 halfway between two nodes.
    """
    nodes = np.arange(last * per_unit + 1) / per_unit
    rows = [np.array([math.erf(x) for x in nodes])]
    hermite, before = np.ones_like(nodes), np.zeros_like(nodes)
    bell = 2.0 / math.sqrt(math.pi) * np.exp(-nodes * nodes)
    for k in range(order):
        rows.append((-1) ** k * hermite * bell / math.factorial(k + 1))
        hermite, before = 2.0 * nodes * hermite - 2.0 * k * before, hermite
    return np.array(rows)


_ERF = {np.dtype(np.float64): _erf_table()}
_ERF[np.dtype(np.float32)] = _erf_table(order=4).astype(np.float32)


def erf(x):
    """The error function 2/√π ∫₀ˣ exp(-t²) dt, which NumPy lacks, right to 1e-15 in float64 and to rounding in float32.

    Looks up the nearest of 193 nodes and walks from there along a Taylor polynomial; beyond 6 it is ±1.
    """
    x = np.asarray(x)
    if x.dtype not in _ERF:
        x = x.astype(np.float64)
    table = _ERF[x.dtype]
    size = np.minimum(np.abs(x), 6.0)
    node = np.rint(size * 32.0)
    h = size - node / 32.0
    index = np.nan_to_num(node).astype(np.intp)
    total = table[-1].take(index)
    for row in table[-2::-1]:
        total = total * h + row.take(index)
    return np.copysign(total, x)


# Softmax -------------------------------------------------------------------------------------------------------------


def softmax(z):
    """a = exp(z) / Σ exp(z) along each row; the row's largest z is taken off first, which changes nothing but safety"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_derivative(z, a):
    """∂aᵢ/∂zᵢ = aᵢ (1 - aᵢ): only the Jacobian's diagonal"""
    return a * (1.0 - a)


def softmax_backward(z, a, da):
    """dz = a (da - Σ da a): the row da times the whole Jacobian, ∂aᵢ/∂zⱼ = aᵢ (1 if i = j else 0) - aᵢ aⱼ"""
    return a * (da - (da * a).sum(axis=-1, keepdims=True))


# The table -----------------------------------------------------------------------------------------------------------


def _elementwise(name, formula, derivative_formula, source, value, derivative):
    def backward(z, a, da):
        """dz = da · da/dz, element by element"""
        return da * derivative(z, a)

    return Activation(name, formula, derivative_formula, source, value, derivative, backward)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        _elementwise("identity", "z", "1", "the linear unit", identity, identity_derivative),
        _elementwise(
            "sigmoid",
            "1 / (1 + exp(−z))",
            "a (1 − a)",
            "Rumelhart, Hinton & Williams 1986, eq. 2",
            sigmoid,
            sigmoid_derivative,
        ),
        _elementwise("tanh", "tanh(z)", "1 − a²", "LeCun et al. 1998, Efficient BackProp, 4.4", tanh, tanh_derivative),
        _elementwise("relu", "max(0, z)", "1 if z > 0 else 0", "Nair & Hinton 2010", relu, relu_derivative),
        _elementwise(
            "leaky_relu",
            "z if z > 0 else 0.01 z",
            "1 if z > 0 else 0.01",
            "Maas, Hannun & Ng 2013, eq. 2",
            leaky_relu,
            leaky_relu_derivative,
        ),
        _elementwise(
            "elu",
            "z if z > 0 else exp(z) − 1",
            "1 if z > 0 else a + 1",
            "Clevert, Unterthiner & Hochreiter 2016, eq. 15, α = 1",
            elu,
            elu_derivative,
        ),
        _elementwise(
            "softplus", "log(1 + exp(z))", "1 / (1 + exp(−z))", "Dugas et al. 2001", softplus, softplus_derivative
        ),
        _elementwise("gelu", "z Φ(z)", "Φ(z) + z φ(z)", "Hendrycks & Gimpel 2016, section 2", gelu, gelu_derivative),
        _elementwise(
            "silu",
            "z / (1 + exp(−z))",
            "s + a (1 − s), s = sigmoid(z)",
            "Elfwing, Uchibe & Doya 2018, eq. 4",
            silu,
            silu_derivative,
        ),
        Activation(
            "softmax",
            "exp(zᵢ) / Σⱼ exp(zⱼ)",
            "aᵢ (1 if i = j else 0) − aᵢ aⱼ",
            "Bridle 1990",
            softmax,
            softmax_derivative,
            softmax_backward,
        ),
    )
}
