"""Every activation: its derivative against finite differences, its behaviour at the extremes, its dtype."""

import math
import warnings

import numpy as np
import pytest

from nn_core import ACTIVATIONS
from nn_core.activations import erf

NAMES = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "softmax"]
EVERY = pytest.mark.parametrize("name", NAMES)
# Away from 0, where relu and its relatives have a kink.
Z = np.array([[-6.0, -2.5, -1.0, -0.3, 0.2], [0.7, 1.5, 3.0, 8.0, -0.01]])
EXTREME = [[-1e4, -100.0, -1.0, -1e-30, 0.0, 1e-30, 1.0, 100.0, 1e4]]


def test_the_table_is_complete():
    assert list(ACTIVATIONS) == NAMES
    for name, activation in ACTIVATIONS.items():
        assert activation.name == name and activation.formula and activation.derivative_formula and activation.source
        assert name in repr(activation)


@EVERY
def test_backward_is_the_derivative(name):
    activation = ACTIVATIONS[name]
    da = np.random.default_rng(0).standard_normal(Z.shape)
    a = activation.value(Z)
    measured = np.empty_like(Z)
    for index in np.ndindex(Z.shape):
        up, down = Z.copy(), Z.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        measured[index] = (da * (activation.value(up) - activation.value(down))).sum() / 2e-6
    assert activation.backward(Z, a, da) == pytest.approx(measured, rel=1e-7, abs=1e-9)


@EVERY
def test_derivative_is_the_diagonal_of_the_jacobian(name):
    activation = ACTIVATIONS[name]
    found = activation.derivative(Z, activation.value(Z))
    for index in np.ndindex(Z.shape):
        one = np.zeros_like(Z)
        one[index] = 1.0
        assert found[index] == pytest.approx(activation.backward(Z, activation.value(Z), one)[index])


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_stay_finite_silent_and_of_one_dtype(name, dtype):
    activation, z = ACTIVATIONS[name], np.array(EXTREME, dtype)
    before = z.copy()
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        a = activation.value(z)
        results = a, activation.derivative(z, a), activation.backward(z, a, np.ones_like(a))
    for result in results:
        assert result.dtype == dtype and result.shape == z.shape and np.isfinite(result).all()
    assert (z == before).all()


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("identity", 3.0, 3.0),
        ("sigmoid", math.log(3.0), 0.75),
        ("tanh", math.log(2.0), 0.6),
        ("relu", -2.0, 0.0),
        ("relu", 2.0, 2.0),
        ("leaky_relu", -2.0, -0.02),
        ("elu", -math.log(2.0), -0.5),
        ("elu", 2.0, 2.0),
        ("softplus", 0.0, math.log(2.0)),
        ("gelu", 1.0, 0.841344746068543),
        ("gelu", -1.0, -0.158655253931457),
        ("silu", math.log(3.0), 0.75 * math.log(3.0)),
    ],
)
def test_values_known_by_heart(name, z, a):
    assert ACTIVATIONS[name].value(np.array([[z]])) == pytest.approx(a, abs=1e-14)


def test_sigmoid_keeps_its_digits_far_out():
    z = np.array([[-700.0, -40.0, -20.0]])
    assert ACTIVATIONS["sigmoid"].value(z) == pytest.approx(np.exp(z) / (1.0 + np.exp(z)), rel=1e-14)


def test_softmax_rows_sum_to_one_and_do_not_see_each_other():
    softmax = ACTIVATIONS["softmax"].value
    a = softmax(np.array([[1.0, 2.0, 3.0], [1e4, 0.0, -1e4], [5.0, 5.0, 5.0]]))
    assert a.sum(axis=1) == pytest.approx(1.0)
    assert a[1].tolist() == [1.0, 0.0, 0.0]
    assert a[2] == pytest.approx(1 / 3)
    assert (softmax(np.array([[1.0, 2.0, 3.0]])) == a[0]).all()


def test_erf_agrees_with_the_standard_library():
    x = np.concatenate([np.linspace(-7, 7, 20_001), [0.0, 1e-300, -1e-300, 1e4, -1e4]])
    exact = np.array([math.erf(value) for value in x])
    assert np.abs(erf(x) - exact).max() < 1e-15
    single = x.astype(np.float32)
    exact = np.array([math.erf(value) for value in single])
    found = erf(single)
    assert found.dtype == np.float32 and np.abs(found - exact).max() < 1.5e-7
    assert np.isnan(erf(np.array([np.nan]))).all()
    assert erf(1) == pytest.approx(math.erf(1))


@EVERY
def test_nan_goes_through(name):
    """A network that has diverged must show it, not hide it."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(ACTIVATIONS[name].value(np.array([[np.nan, 1.0]]))[0, 0])
