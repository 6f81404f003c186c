"""Configurations that are changed by one choice keep fitting their data."""

import pytest

from nn_core import DATASETS, LOSSES, Run
from nn_core.fitting import fitted
from nn_core.presets import PLAYGROUND

PLANE = [name for name, source in DATASETS.items() if source.kind == "plane"]


@pytest.mark.parametrize("after", PLANE)
@pytest.mark.parametrize("before", PLANE)
def test_any_data_can_follow_any_other(before, after):
    config = fitted(fitted(PLAYGROUND, dataset=before), dataset=after)
    Run(config).advance(steps=2)
    assert config.sizes[1:-1] == (4, 2)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_is_asked_for_gets_its_output(loss):
    config = fitted(PLAYGROUND, loss=loss)
    assert (config.sizes[-1], config.activations[-1]) == {
        "mse": (1, "tanh"),
        "binary_cross_entropy": (1, "sigmoid"),
        "cross_entropy": (2, "softmax"),
    }[loss]
    Run(config).advance(steps=2)


def test_a_loss_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="binary_cross_entropy"):
        Run(fitted(PLAYGROUND, dataset="blobs", loss="binary_cross_entropy"))


def test_classes_make_outputs_and_two_share_one_again():
    many = fitted(PLAYGROUND, dataset="blobs", dataset_args={"classes": 7})
    assert (many.sizes[-1], many.loss) == (7, "cross_entropy")
    assert fitted(many, dataset="circle").sizes[-1] == 1


def test_layers_keep_their_activations():
    config = fitted(PLAYGROUND, hidden=(4, 3, 2), hidden_activations=("relu", "tanh", "sigmoid"))
    assert fitted(config, hidden=(4, 3)).activations == ("relu", "tanh", "tanh")
    assert fitted(config, hidden=(4, 3, 2, 2)).activations == ("relu", "tanh", "sigmoid", "sigmoid", "tanh")
    assert fitted(config, hidden=()).activations == ("tanh",)


def test_other_data_keeps_inputs_noise_and_seed():
    config = fitted(PLAYGROUND, dataset_args={"noise": 20, "features": ["x1", "sin_x2"], "seed": 7, "n": 100})
    assert fitted(config, dataset="xor").dataset_args == {"noise": 20, "features": ["x1", "sin_x2"], "seed": 7}


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"dataset": "cats"}, "cats"), ({"dataset": 3}, "3"), ({"hidden": [0]}, "sizes"), ({"dataset_args": 1}, "object")],
)
def test_what_cannot_be_is_a_sentence(changes, named):
    with pytest.raises(ValueError, match=named):
        fitted(PLAYGROUND, **changes)
