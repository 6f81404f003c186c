"""Every loss: values by hand, gradients against finite differences, extremes, and what is refused."""

import math
import warnings

import numpy as np
import pytest

from nn_core import ACTIVATIONS, LOSSES
from nn_core.losses import check_pair, one_hot

RNG = np.random.default_rng(3)
A = RNG.uniform(0.05, 0.95, (4, 3))
TARGETS = {
    "cross_entropy": np.array([2, 0, 1, 1]),
    "binary_cross_entropy": RNG.uniform(0, 1, (4, 3)),
    "mse": RNG.standard_normal((4, 3)),
}
PAIRS = [(loss, output) for loss, entry in LOSSES.items() for output in entry.outputs]


def test_the_table_is_complete():
    assert set(LOSSES) == {"cross_entropy", "binary_cross_entropy", "mse"}
    for name, loss in LOSSES.items():
        assert loss.name == name and loss.formula and loss.gradient_formula and loss.source and name in repr(loss)


def test_values_by_hand():
    a = np.array([[0.25, 0.75], [0.5, 0.5]])
    assert LOSSES["cross_entropy"].value(a, np.array([1, 0])) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)
    assert LOSSES["mse"].value(a, np.zeros((2, 2))) == pytest.approx((0.0625 + 0.5625 + 0.25 + 0.25) / 4)
    one = np.array([[0.25], [0.5]])
    found = LOSSES["binary_cross_entropy"].value(one, np.array([[1.0], [0.0]]))
    assert found == pytest.approx((math.log(4) + math.log(2)) / 2)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_is_the_slope_of_value(name):
    loss, y = LOSSES[name], TARGETS[name]
    measured = np.empty_like(A)
    for index in np.ndindex(A.shape):
        up, down = A.copy(), A.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        measured[index] = (loss.value(up, y) - loss.value(down, y)) / 2e-6
    assert loss.gradient(A, y) == pytest.approx(measured, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_rows_and_delta_from_z_agree_with_value_and_gradient(name, output):
    loss, activation, y = LOSSES[name], ACTIVATIONS[output], TARGETS[name]
    z = np.random.default_rng(1).standard_normal((4, 3))
    a = activation.value(z)
    rows = loss.rows(z, a, y)
    assert rows.shape == (4,) and rows.mean() == pytest.approx(loss.value(a, y))
    delta = loss.delta(z, a, y, activation, 4)
    assert delta == pytest.approx(activation.backward(z, a, loss.gradient(a, y)), abs=1e-15)
    assert loss.delta(z, a, y, activation, 8) == pytest.approx(delta / 2)
    assert loss.mean_gradient(a, y, 8) == pytest.approx(loss.gradient(a, y) / 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits(dtype):
    """Sure and wrong by 20,000: the loss is 20,000, not infinite, and the delta is a - y."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
        softmax, y = ACTIVATIONS["softmax"], np.array([1, 0])
        a, loss = softmax.value(z), LOSSES["cross_entropy"]
        assert loss.rows(z, a, y).tolist() == [2e4, 0.0]
        assert loss.delta(z, a, y, softmax, 2).tolist() == [[0.5, -0.5], [0.0, 0.0]]
        sigmoid, y, loss = (
            ACTIVATIONS["sigmoid"],
            np.array([[0.0, 0.0], [1.0, 1.0]], dtype),
            LOSSES["binary_cross_entropy"],
        )
        a = sigmoid.value(z)
        assert loss.rows(z, a, y).tolist() == [5e3, 5e3]
        assert loss.delta(z, a, y, sigmoid, 2) == pytest.approx(np.array([[0.25, 0.0], [0.0, -0.25]]), abs=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_outputs_of_exactly_0_and_1(name, dtype):
    """Clipped at the smallest normal number: large, but finite and silent."""
    a = np.array([[0.0, 1.0]], dtype)
    y = np.array([0]) if name == "cross_entropy" else np.array([[1.0, 0.0]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = LOSSES[name].value(a, y), LOSSES[name].gradient(a, y)
    assert isinstance(value, float) and np.isfinite(value) and np.isfinite(gradient).all() and gradient.dtype == dtype
    if name == "cross_entropy":
        assert value == pytest.approx(-math.log(np.finfo(dtype).tiny))


def test_one_hot():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(np.array([1]), 2, np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("name", "y", "says"),
    [
        ("cross_entropy", np.array([0, 1, 2, 3]), "label 3.*0 to 2"),
        ("cross_entropy", np.array([0, 1, 2, -1]), "label -1.*0 to 2"),
        ("cross_entropy", np.array([0.0, 1.0, 2.0, 1.0]), r"shape \(4,\), integers"),
        ("cross_entropy", np.array([0, 1, 2]), r"shape \(3,\).*shape \(4,\)"),
        ("cross_entropy", np.eye(4, 3), "one whole-number label a row"),
        ("mse", np.zeros((4, 2)), r"shape \(4, 2\).*takes shape \(4, 3\)"),
        ("mse", np.zeros(4), "one_hot"),
        ("mse", np.full((4, 3), np.nan), "y holds NaN"),
        ("mse", np.full((4, 3), "a"), "numbers"),
        ("binary_cross_entropy", np.full((4, 3), 1.5), "from 0 to 1"),
        ("binary_cross_entropy", np.full((4, 3), np.inf), "finite"),
    ],
)
def test_wrong_targets_are_refused_with_a_sentence(name, y, says):
    with pytest.raises(ValueError, match=says):
        LOSSES[name].value(A, y)
    with pytest.raises(ValueError, match=says):
        LOSSES[name].gradient(A, y)


def test_flat_targets_of_one_output_get_a_hint():
    with pytest.raises(ValueError, match=r"reshape\(-1, 1\)"):
        LOSSES["binary_cross_entropy"].value(np.array([[0.5], [0.5]]), np.array([0.0, 1.0]))


@pytest.mark.parametrize("a", [np.zeros(3), np.zeros((0, 3))])
def test_wrong_outputs_are_refused(a):
    with pytest.raises(ValueError, match="a has shape"):
        LOSSES["mse"].value(a, a)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_pairs(loss, output):
    if (loss, output) in PAIRS:
        assert check_pair(loss, output) is LOSSES[loss]
    else:
        with pytest.raises(ValueError, match=f"{loss} goes with a .* output, not with {output}"):
            check_pair(loss, output)


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="no loss named 'hinge'; choose one of: cross_entropy"):
        check_pair("hinge", "softmax")
