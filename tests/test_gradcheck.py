"""The gradient check passes what is right, and catches every bug, alone and together."""

import math

import numpy as np
import pytest

from nn_core import BUGS, Dense, Network, check_gradients
from nn_core.bugs import terms_with
from nn_core.gradcheck import _picked
from nn_core.losses import one_hot
from nn_core.terms import RIGHT, Terms

RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((6, 5)), RNG.integers(0, 3, 6)
HANSEN = {"sizes": (784, 128, 64, 10), "activations": ("sigmoid", "sigmoid", "softmax")}


def net(hidden="sigmoid", **choices):
    choices = {"bias_init": "uniform", "seed": 1} | choices
    return Network.create((5, 6, 4, 3), (hidden, hidden, "softmax"), **choices)


def targets(loss):
    return LABELS if loss == "cross_entropy" else one_hot(LABELS, 3)


LOSS = pytest.mark.parametrize("loss", ["cross_entropy", "mse"])


@LOSS
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("name", BUGS)
def test_every_bug_is_caught(name, hidden, loss, rows):
    x, y = X[:rows], targets(loss)[:rows]
    assert check_gradients(net(hidden), x, y, loss).worst.relative_error < 1e-7
    report = check_gradients(net(hidden), x, y, loss, bug=(name,))
    assert not report.ok and report.worst.relative_error > 1e-2, f"\n{report}"


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_touches_its_own_term_in_its_own_layers(name):
    bug = BUGS[name]
    assert bug.term in Terms._fields and bug.layers in ("all", "hidden", "output")
    for l, terms in enumerate(terms_with((name,), 3)):
        changed = {term for term in Terms._fields if getattr(terms, term) is not getattr(RIGHT, term)}
        inside = {"all": True, "hidden": l < 2, "output": l == 2}[bug.layers]
        assert changed == ({bug.term} if inside else set())


def test_every_bug_explains_itself():
    assert len(BUGS) >= 10
    for name, bug in BUGS.items():
        assert bug.name == name and name in repr(bug) and f"def {name}(right" in bug.source
        assert bug.right != bug.wrong and "\n" not in bug.right + bug.wrong
        for sentence in (bug.what, bug.symptom):
            assert sentence.endswith(".") and len(sentence) > 20
        assert bug.title and not bug.title.endswith(".")


def test_softmax_diagonal_is_the_published_error():
    """2 (o − y) / 10 · s (1 − s), where s is the softmax of the output's z."""
    network = Network.create((4, 5, 10), ("sigmoid", "softmax"), bias=False, seed=2, dtype=np.float64)
    x, y = RNG.standard_normal((1, 4)), one_hot([3], 10, np.float64)
    traces = network.forward(x)
    o = traces[-1].a
    e = np.exp(traces[-1].z)
    s = e / e.sum()
    grads = network.backward(traces, y, "mse", bug=("softmax_diagonal",))
    assert grads[1].dz == pytest.approx(2 * (o - y) / 10 * s * (1 - s), rel=1e-12)
    sigmoid = traces[0].a
    assert grads[0].dz == pytest.approx(grads[1].dz @ network.layers[1].W.T * sigmoid * (1 - sigmoid), rel=1e-12)


def test_summed_bias_gradient_with_the_wrong_count_is_the_published_one():
    """db = 1/42,000 · the sum of dZ over rows and units, and dW = 1/42,000 · xᵀ dZ, on 41,000 rows."""
    network = net("relu", dtype=np.float64)
    traces = network.forward(X)
    right = network.backward(traces, LABELS, "cross_entropy")
    for bug in (("summed_bias_gradient", "wrong_batch_count"), ("wrong_batch_count", "summed_bias_gradient")):
        wrong = network.backward(traces, LABELS, "cross_entropy", bug=bug)
        for grad, published in zip(right, wrong, strict=True):
            assert published.dW == pytest.approx(grad.dW * 41 / 42, rel=1e-12)
            assert published.db == pytest.approx(np.full_like(grad.db, grad.dz.sum() * 41 / 42), rel=1e-9, abs=1e-15)
        assert np.abs(wrong[-1].db).max() < 1e-15, "the output biases never move"
        assert np.ptp(wrong[0].db) == 0, "one number for all"


def test_the_published_network_is_off_by_a_fifth_and_right_without_the_bug():
    rng = np.random.default_rng(0)
    network = Network.create(**HANSEN, init="fan_out_normal", bias=False, seed=0)
    image = rng.random((1, 784)) * (rng.random((1, 784)) < 0.2)
    y = one_hot([5], 10)
    right = check_gradients(network, image, y, "mse")
    assert right.worst.relative_error < 1e-6
    wrong = check_gradients(network, image, y, "mse", bug=("softmax_diagonal",))
    assert all(0.05 < entry.relative_error < 0.5 for entry in wrong)


@LOSS
def test_any_two_bugs_together_are_defined_whatever_their_order(loss):
    network, y = net(), targets(loss)
    traces = network.forward(X)
    for first in BUGS:
        for second in BUGS:
            if first == second:
                continue
            one = network.backward(traces, y, loss, bug=(first, second))
            other = network.backward(traces, y, loss, bug=(second, first))
            for a, b in zip(one, other, strict=True):
                assert (a.dW == b.dW).all() and (a.db == b.db).all() and a.dW.dtype == np.float32
                assert np.isfinite(a.dW).all() and np.isfinite(a.db).all()


def test_all_bugs_together():
    report = check_gradients(net(), X, LABELS, "cross_entropy", bug=tuple(BUGS))
    assert not report.ok


# The report ----------------------------------------------------------------------------------------------------------


def test_the_report_names_every_array_and_reads_as_a_table():
    report = check_gradients(net(), X, LABELS, "cross_entropy")
    assert [(entry.layer, entry.array) for entry in report] == [(l, name) for l in range(3) for name in ("W", "b")]
    assert len(report) == 6 and report[1, "W"] is report[2] and report[-1].array == "b"
    for entry in report:
        assert entry.analytic.shape == entry.numeric.shape and entry.indices is None
        both = np.linalg.norm(entry.analytic) + np.linalg.norm(entry.numeric)
        assert entry.relative_error == pytest.approx(np.linalg.norm(entry.analytic - entry.numeric) / both)
    text = str(report)
    assert len(text.splitlines()) == 8 and text.endswith("The gradients agree: no relative error above 1e-05.")
    assert repr(report) == text
    wrong = str(check_gradients(net(), X, LABELS, "cross_entropy", bug=("off_by_one",)))
    assert wrong.count("  wrong") == 3 and "The gradients disagree, most of all in layer" in wrong


def test_it_works_in_float64_and_leaves_the_network_alone():
    network = net()
    before = [layer.W.tobytes() + layer.b.tobytes() for layer in network.layers]
    report = check_gradients(network, X, LABELS, "cross_entropy")
    assert report[0].analytic.dtype == report[0].numeric.dtype == np.float64
    assert before == [layer.W.tobytes() + layer.b.tobytes() for layer in network.layers]


def test_a_gradient_that_is_nothing_agrees_with_itself():
    """A dead layer: every gradient before it is exactly 0, and the measured slopes are rounding."""
    network = net("relu")
    network.layers[1]._b[...] = -100.0
    report = check_gradients(network, X, LABELS, "cross_entropy")
    assert report.ok and report[0, "W"].relative_error == 0.0


def test_kinks_are_no_errors():
    """A relu that is crossed by the nudge, and one that sits at exactly 0, where left and right slopes differ."""
    for bias in (3e-6, -3e-6, 0.0):
        network = Network([Dense([[1.0]], [bias], "relu"), Dense([[2.0, 1.0]], [0.0, 0.0], "softmax")])
        assert check_gradients(network, [[0.0]], [1], "cross_entropy").ok
        wrong = check_gradients(network, [[0.0]], [1], "cross_entropy", bug=("flipped_sign",))
        assert not wrong.ok and wrong[1, "b"].relative_error == pytest.approx(1.0)


def test_a_sample_of_a_large_array():
    x, y = RNG.random((2, 784)), np.array([1, 2])
    network = Network.create(**HANSEN)
    report = check_gradients(network, x, y, "cross_entropy")
    assert report.ok and [entry.analytic.size for entry in report] == [512, 128, 512, 64, 640, 10]
    assert not check_gradients(network, x, y, "cross_entropy", bug=("off_by_one",))[0, "W"].relative_error < 1e-5
    few = check_gradients(network, x, y, "cross_entropy", sample=20, seed=1)
    assert few.ok and [entry.analytic.size for entry in few] == [20, 20, 20, 20, 20, 10]
    full = check_gradients(net(), X, LABELS, "cross_entropy", sample="all")
    assert full[0, "W"].analytic.shape == (5, 6)
    part = check_gradients(net(), X, LABELS, "cross_entropy", sample=7)
    assert (part[0, "W"].analytic == full[0, "W"].analytic.reshape(-1)[part[0, "W"].indices]).all()


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 7), (8, 8), (1, 9), (9, 1), (7,)])
def test_a_sample_reaches_every_unit(shape):
    size = math.prod(shape)
    rng = np.random.default_rng(0)
    for k in range(1, size):
        picked = _picked(shape, k, rng)
        assert len(set(picked.tolist())) == k and picked[0] >= 0 and picked[-1] < size
        if k >= shape[-1] and len(shape) == 2:
            assert set((picked % shape[1]).tolist()) == set(range(shape[1]))
    assert _picked(shape, size, rng) is None and _picked(shape, None, rng) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"bug": ("typo",)}, "no bug named 'typo'"),
        ({"sample": 0}, "sample is 0"),
        ({"sample": "some"}, "sample is 'some'"),
        ({"h": 0.0}, "must be above 0"),
        ({"limit": -1.0}, "must be above 0"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(arguments, says):
    with pytest.raises(ValueError, match=says):
        check_gradients(net(), X, LABELS, "cross_entropy", **arguments)


def test_wrong_data_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="x has shape"):
        check_gradients(net(), X[:, :2], LABELS, "cross_entropy")
    with pytest.raises(ValueError, match="y has shape"):
        check_gradients(net(), X, LABELS[:2], "cross_entropy")
