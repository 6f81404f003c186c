"""Probes of right and wrong answers and of the gradient check, and what runs are compared with: guessing, and what the
tutorials' authors report.
"""

import math

import numpy as np
import pytest

from nn_core import PRESETS, Run, check_gradients
from nn_core.datasets import DATASETS, DataUnavailable
from nn_core.evaluation import evaluate, guessing, targets_for
from nn_core.fitting import fitted
from nn_core.presets import PUBLISHED
from nn_core.probes import PROBES, View
from nn_core.stream.bench import new_seat
from nn_core.stream.comparing import compare
from nn_core.stream.description import chips, describe, preset_of

SMALL = PRESETS["digits-small"]


@pytest.fixture(scope="module")
def view():
    run = Run("digits-small")
    run.advance(steps=60)
    return View(run)


def test_the_worst_mistakes_are_wrong_and_come_with_most_belief_first(view):
    found = PROBES["mistakes"](view)
    data, network = view.dataset, view.network
    outputs = network(data.x_heldout)
    wrong = np.flatnonzero(outputs.argmax(axis=1) != data.y_heldout)
    assert (found["wrong"], found["of"]) == (len(wrong), data.n_heldout)
    assert set(found["index"]) <= set(wrong) and (np.diff(found["belief"]) <= 0).all()
    np.testing.assert_allclose(found["belief"][0], outputs[wrong].max(), rtol=1e-6)
    np.testing.assert_array_equal(found["label"], data.y_heldout[found["index"]])
    np.testing.assert_array_equal(found["images"][0], data.image("heldout", found["index"][0]))
    size = sum(array.nbytes for array in found.values() if isinstance(array, np.ndarray))
    assert size <= PROBES["mistakes"].max_bytes


def test_the_gradient_check_tells_a_bug_from_the_right_gradient():
    run = Run(SMALL.replace(bug=("summed_bias_gradient",)))
    found = PROBES["gradient_check"](View(run))
    assert found["layer"].tolist() == [0, 0, 1, 1] and found["bias"].tolist() == [0, 1, 0, 1]
    assert (found["right"] < found["limit"]).all()
    assert (found["error"][[0, 2]] < found["limit"]).all() and (found["error"][[1, 3]] > 0.1).all()
    x, y = run.dataset.take("train", slice(8)), run.dataset.labels("train")[:8]
    whole = check_gradients(run.network, x, y, "cross_entropy", bug=run.config.bug, sample=32)
    np.testing.assert_allclose(found["error"], [entry.relative_error for entry in whole], rtol=1e-5)


def test_the_gradient_check_leaves_large_networks_alone():
    run = Run(PRESETS["digits"].replace(sizes=(784, 1024, 10), activations=("relu", "softmax")))
    assert PROBES["gradient_check"](View(run))["checked"] == 0


@pytest.mark.parametrize(
    ("changes", "loss"),
    [({}, math.log(10)), ({"loss": "mse"}, 0.09), ({"dataset": "xor", "loss": "binary_cross_entropy"}, math.log(2))],
)
def test_what_guessing_gets_is_what_equal_beliefs_get(changes, loss):
    config = fitted(SMALL, **changes)
    known = guessing(config)
    assert known["loss"] == pytest.approx(loss)
    run = Run(config)
    run_zero = run.network.copy()  # all weights 0: it believes in all classes alike
    for layer in run_zero.layers:
        layer._W[...] = 0
        layer._b[...] = 0
    targets = targets_for(config, run.dataset, "heldout")
    measured, _ = evaluate(run_zero, config.loss, run.dataset, "heldout", targets, 10**6)
    assert measured == pytest.approx(loss, rel=1e-5)


def test_values_have_no_chance_level():
    assert guessing(fitted(SMALL, dataset="plane")) == {"loss": None, "accuracy": None}


def test_every_published_result_belongs_to_a_preset_and_reads_like_one():
    for name, known in PUBLISHED.items():
        assert name in PRESETS and known.column in ("accuracy", "heldout_accuracy")
        assert len(known.steps) == len(known.accuracy) and all(0.1 < share < 1 for share in known.accuracy)
        assert list(known.steps) == sorted(known.steps)


def test_a_preset_is_recognized_among_those_that_differ_only_by_a_bug():
    for name in PUBLISHED:
        assert preset_of(PRESETS[name]) == name
        assert preset_of(PRESETS[name].replace(seed=7)) == name
    assert preset_of(PRESETS["hansen-as-published"].replace(learning_rate=1.0)) == "hansen-as-published"


def test_the_chip_of_one_bug_drops_that_one_alone():
    config = PRESETS["zhang-as-published"]
    settings = {"bug": list(config.bug)}
    assert [chip[2] for chip in chips(config, settings) if chip[1] == "bug"] == [
        ["wrong_batch_count"], ["summed_bias_gradient"],
    ]  # fmt: skip


def test_names_beside_curves_leave_out_the_words_that_all_share():
    seats = [new_seat(Run(SMALL), name) for name in ("Tutorial A as published", "Tutorial A corrected")]
    assert list(compare(seats)["labels"].values()) == ["as published", "corrected"]
    same = [new_seat(Run(SMALL), "one"), new_seat(Run(SMALL), "one more")]
    assert list(compare(same)["labels"].values()) == ["one", "one more"]
    assert describe(seats[0])["guessing"]["accuracy"] == 0.1


def test_a_dataset_says_what_it_is_like_and_what_is_here_without_fetching_anything(monkeypatch, tmp_path):
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NN_MNIST_MIRRORS", "nowhere")
    monkeypatch.delenv("NN_DATA_DIR", raising=False)
    mnist = DATASETS["mnist"]
    assert mnist.outline(split="zhang") == DATASETS["digits"].outline() and not mnist.ready()
    with pytest.raises(DataUnavailable, match="is not in"):
        mnist.here()
    with pytest.raises(DataUnavailable, match="must be an address"):
        mnist()
    with pytest.raises(ValueError, match="split"):
        mnist.outline(split="another")
    assert fitted(SMALL, dataset="mnist").sizes == (784, 32, 10)
