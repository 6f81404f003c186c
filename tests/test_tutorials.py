"""The two tutorials on the real MNIST: as published, to the last update, and corrected.

The published algorithms are written out here once more, in float64 and without anything of nn_core's passes, from their
description: that is what the presets are compared with.
"""

import os

import numpy as np
import pytest

from nn_core import PRESETS, Run, check_gradients

pytestmark = pytest.mark.skipif(
    not os.environ.get("NN_DATA_DIR"),
    reason="needs the real MNIST: set NN_DATA_DIR to a folder with its four IDX files",
)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def first_tutorial(W, x, labels, rate):
    """Per-sample updates with the output error 2 (o - y) / 10 * s (1 - s); W are (units out, units in), no biases."""
    W1, W2, W3 = W
    for row, label in zip(x, labels, strict=True):
        a1 = sigmoid(W1 @ row)
        a2 = sigmoid(W2 @ a1)
        o = softmax(W3 @ a2)
        y = np.zeros(10)
        y[label] = 1
        error3 = 2 * (o - y) / 10 * o * (1 - o)
        error2 = (W3.T @ error3) * a2 * (1 - a2)
        error1 = (W2.T @ error2) * a1 * (1 - a1)
        W3 = W3 - rate * np.outer(error3, a2)
        W2 = W2 - rate * np.outer(error2, a1)
        W1 = W1 - rate * np.outer(error1, row)
    return W1, W2, W3


def second_tutorial(W1, b1, W2, b2, X, labels, rate, iterations, m):
    """Full-batch descent with examples in columns; both bias gradients are summed into one number, m is a row count."""
    Y = np.eye(10)[labels].T
    for _ in range(iterations):
        Z1 = W1 @ X + b1
        A1 = np.maximum(Z1, 0)
        A2 = softmax(W2 @ A1 + b2)
        dZ2 = A2 - Y
        dW2, db2 = dZ2 @ A1.T / m, dZ2.sum() / m
        dZ1 = (W2.T @ dZ2) * (Z1 > 0)
        dW1, db1 = dZ1 @ X.T / m, dZ1.sum() / m
        W1, b1, W2, b2 = W1 - rate * dW1, b1 - rate * db1, W2 - rate * dW2, b2 - rate * db2
    return W1, b1, W2, b2


def test_first_tutorial_as_published_is_the_published_algorithm():
    run = Run("hansen-as-published")
    start = [np.array(layer.W, np.float64).T for layer in run.network.layers]
    assert [W.shape for W in start] == [(128, 784), (64, 128), (10, 64)]
    assert sum(W.size for W in start) == 109_184 and all(layer.b is None for layer in run.network.layers)
    x, labels = run.dataset.take("train", slice(2000)).astype(np.float64), run.dataset.labels("train")[:2000]
    published = first_tutorial(start, x, labels, 0.001)
    run.advance(steps=2000)
    for layer, W, first in zip(run.network.layers, published, start, strict=True):
        moved = np.abs(W - first).max()
        assert moved > 0
        # float32 rounds each of 2,000 tiny changes; what is left is a hundredth of how far the weights moved.
        np.testing.assert_allclose(layer.W.T, W, atol=max(2e-6, 0.02 * moved))
    exact = Run(PRESETS["hansen-as-published"].replace(dtype="float64"))
    start = [np.array(layer.W).T for layer in exact.network.layers]
    exact.advance(steps=2000)
    for layer, W in zip(exact.network.layers, first_tutorial(start, x, labels, 0.001), strict=True):
        np.testing.assert_allclose(layer.W.T, W, rtol=1e-5, atol=1e-7)


def test_first_tutorial_as_published_hardly_learns_in_one_epoch_and_the_check_says_why():
    run = Run(PRESETS["hansen-as-published"].replace(evaluate_every=59_500))
    assert (run.dataset.n_train, run.dataset.n_heldout, run.dataset.x_test) == (59_500, 10_500, None)
    run.advance(steps=59_500)
    assert run.epoch == 1
    assert 0.12 < run.curves["heldout_accuracy"][-1] < 0.35
    x, y = run.dataset.take("train", slice(8)), np.eye(10)[run.dataset.labels("train")[:8]]
    wrong = check_gradients(run.at(0), x, y, "mse", bug=run.config.bug, sample=40)
    right = check_gradients(run.at(0), x, y, "mse", sample=40)
    assert not wrong.ok and right.ok


def test_first_tutorial_corrected_passes_96_percent_in_one_epoch():
    run = Run(PRESETS["hansen-corrected"].replace(evaluate_every=55_000))
    run.advance(steps=10_000)
    data = run.dataset
    assert (data.n_train, data.n_heldout, data.n_test) == (55_000, 5_000, 10_000)
    assert (run.network(data.x_test).argmax(axis=1) == data.y_test).mean() > 0.87
    run.advance(steps=45_000)
    assert (run.network(data.x_test).argmax(axis=1) == data.y_test).mean() > 0.96


@pytest.mark.parametrize("preset", ["zhang-as-published", "zhang-corrected"])
def test_second_tutorial_is_the_published_algorithm(preset):
    run = Run(PRESETS[preset].replace(evaluate_every=1000))
    assert (run.dataset.n_train, run.dataset.n_heldout) == (41_000, 1_000)
    first, second = run.network.layers
    assert sum(array.size for layer in (first, second) for array in (layer.W, layer.b)) == 7_960
    assert all(abs(array).max() <= 0.5 and array.std() > 0.2 for array in (first.W, first.b, second.W, second.b))
    b2 = second.b.copy()
    run.advance(steps=4)
    if preset == "zhang-corrected":
        assert not np.array_equal(run.network.layers[1].b, b2)
        return
    X, labels = run.dataset.x_train.T.astype(np.float64), run.dataset.y_train
    published = second_tutorial(
        first.W.T.astype(np.float64), first.b[:, None].astype(np.float64),
        second.W.T.astype(np.float64), b2[:, None].astype(np.float64), X, labels, 0.1, 4, m=42_000,
    )  # fmt: skip
    after = run.network.layers
    for mine, right in zip(
        (after[0].W.T, after[0].b[:, None], after[1].W.T, after[1].b[:, None]), published, strict=True
    ):
        np.testing.assert_allclose(mine, right, atol=2e-5)
    np.testing.assert_allclose(after[1].b, b2, atol=1e-6)  # it never moves: the summed error is always 0
