"""Probes of the plane: what the pictures of Dots on a plane are made of."""

import numpy as np
import pytest

from nn_core import LOSSES, PRESETS, PROBES, Run, RunConfig
from nn_core.evaluation import targets_for
from nn_core.fitting import fitted
from nn_core.presets import PLAYGROUND
from nn_core.probes import View
from nn_core.probes.plane import DOTS, STRONGEST, rooted_bytes, signed_bytes

LARGE = fitted(PLAYGROUND, hidden=[8] * 8, dataset="spiral")
MINE = (
    *("input_fields", "fields", "output_field", "run_field", "unit_field", "dots", "outcome", "links", "numbers"),
    *("gradients", "last_update", "cost", "stages"),
)


def asked(name: str, view: View, **args) -> dict:
    probe = PROBES[name]
    given = {**({"start": 0} if probe.incremental else {}), **({"turn": 0} if probe.rotates else {}), **args}
    return probe(view, **given)


def trained(config: RunConfig, steps: int = 30) -> View:
    run = Run(config)
    run.advance(steps=steps)
    return View(run)


def size(answer: dict) -> int:
    return sum(value.nbytes for value in answer.values() if isinstance(value, np.ndarray))


def rooted(codes: np.ndarray) -> np.ndarray:
    shares = (codes.astype(float) - 128) / 127
    return shares * np.abs(shares)


@pytest.mark.parametrize("config", [PLAYGROUND, PRESETS["playground-hills"], PRESETS["clouds"], LARGE, RunConfig()])
@pytest.mark.parametrize("name", MINE)
def test_every_probe_keeps_to_its_size_and_changes_nothing(name, config):
    run = Run(config)
    run.advance(steps=3)
    before = run.state_fingerprint()
    probe = PROBES[name]
    assert size(asked(name, View(run))) <= probe.max_bytes
    assert run.state_fingerprint() == before


def test_eight_layers_of_eight_take_seven_kilobytes_a_frame():
    view = trained(LARGE)
    each = {name: size(asked(name, view)) for name in ("output_field", "fields", "links", "outcome", "numbers")}
    share = {"fast": 1, "often": 30 / 60, "medium": 10 / 60}
    assert (
        sum(each[name] * share[PROBES[name].cadence] for name in each) < 6000
    )  # the frame's header takes up to another 1,000


def test_fields_come_in_turn_until_every_unit_had_one():
    view = trained(LARGE)
    seen = set()
    for turn in range(10):
        given = asked("fields", view, turn=turn)
        seen |= set(range(given["first"], given["first"] + len(given["images"])))
    assert seen == set(range(64)) and given["units"] == 64


def test_a_field_is_what_the_network_answers_there():
    view = trained(PLAYGROUND, 300)
    field = asked("output_field", view)["field"]
    for row, column in ((0, 0), (10, 50), (63, 63)):
        x1, x2 = (column + 0.5) / 64 * 12 - 6, 6 - (row + 0.5) / 64 * 12
        a = float(view.network(np.array([[x1, x2]]))[0, 0])
        assert abs(rooted(field[row, column]) - a) < 0.02
    first = asked("unit_field", view, layer=0, unit=2)
    trace = view.network.forward(np.array([[-6 + 0.5 * 12 / 64, 6 - 0.5 * 12 / 64]]))[0]
    assert first["field"][0, 0] == signed_bytes(trace.a[0, 2:3], 1.0)[0]


def test_a_sigmoid_output_is_neutral_at_one_half():
    view = trained(fitted(PLAYGROUND, loss="binary_cross_entropy", init="zeros", init_args={}, bias_init=0.0), 0)
    assert (asked("output_field", view)["field"] == 128).all()


def test_several_classes_give_a_winner_and_how_much_it_is_believed():
    view = trained(PRESETS["clouds"], 300)
    given = asked("output_field", view)
    assert given["winner"].shape == given["belief"].shape == (64, 64)
    assert set(np.unique(given["winner"])) == set(range(5))
    assert given["belief"].min() >= 255 / 5 - 1


def test_the_outcome_is_counted_at_this_very_update():
    view = trained(PLAYGROUND, 137)
    given = asked("outcome", view)
    data = view.dataset
    right = (view.network(data.x_heldout)[:, 0] > 0) == (data.y_heldout == 1)
    assert given["new_right"] == right.sum() and given["new_dots"] == len(right) == 250
    assert given["new_guess"] == 125 and given["guess_loss"] == pytest.approx(1.0)
    wrong = np.unpackbits(given["wrong"])[: data.n_train + data.n_heldout]
    assert (wrong[data.n_train :] == ~right).all()


@pytest.mark.parametrize("config", [PLAYGROUND, PRESETS["playground-hills"], PRESETS["clouds"]])
def test_the_outcome_has_the_loss_on_new_dots_of_this_very_update(config):
    run = Run(config)
    run.advance(steps=20)
    evaluated = int(run.curves["step"][-1])
    run.goto(evaluated)
    at_evaluation = asked("outcome", View(run))["new_loss"]
    assert at_evaluation == pytest.approx(run.curves["heldout_loss"][-1], rel=1e-5)
    run.advance(steps=1)
    network, data = run.network, run.dataset
    truth = targets_for(config, data, "heldout")
    expected = LOSSES[config.loss].value(network(data.x_heldout), truth)
    assert asked("outcome", View(run))["new_loss"] == pytest.approx(expected, rel=1e-4)


def test_a_weight_set_by_hand_shows_in_the_loss_at_once():
    run = Run(PLAYGROUND)
    run.advance(steps=137)
    before = asked("outcome", View(run))
    run.parameter(0, "W", (0, 0), 30.0)
    after = asked("outcome", View(run))
    assert after["new_loss"] > before["new_loss"] and after["new_right"] < before["new_right"]


def test_values_to_learn_have_an_error_instead():
    given = asked("outcome", trained(PRESETS["playground-plane"], 500))
    assert 0 < given["new_error"] < given["guess_error"]
    assert given["guess_loss"] == pytest.approx(given["guess_error"] ** 2, rel=1e-5)


def test_dots_come_in_pieces_and_only_once():
    view = trained(fitted(PLAYGROUND, dataset_args={"n": 2000}), 0)
    start, places = 0, []
    while start < (given := asked("dots", view, start=start))["total"]:
        assert len(given["x1"]) <= DOTS
        places.append(np.stack([given["x1"], given["x2"]], axis=1))
        start += len(given["x1"])
    data = view.dataset
    assert np.array_equal(np.concatenate(places), np.concatenate([data.points_train, data.points_heldout]))


def test_links_say_every_weight_and_who_is_off():
    run = Run(PLAYGROUND)
    run.unit(0, 3, False)
    given = asked("links", View(run))
    weights = np.concatenate([layer.W.ravel() for layer in run.network.layers])
    assert np.array_equal(given["code"], rooted_bytes(weights, STRONGEST))
    assert list(given["on"]) == [1, 1, 1, 0, 1, 1, 1]


def test_gradients_are_those_of_the_training_dots():
    view = trained(PLAYGROUND, 50)
    network, data = view.network, view.dataset
    y = np.where(data.y_train == 1, 1.0, -1.0)[:, None]
    grads = network.backward(network.forward(data.x_train), y, "mse")
    given = asked("gradients", view)
    for l, grad in enumerate(grads):
        assert np.allclose(given[f"W{l}"], grad.dW, atol=1e-6) and np.allclose(given[f"b{l}"], grad.db, atol=1e-6)


def test_the_last_update_is_what_it_changed():
    run = Run(PLAYGROUND)
    run.advance(steps=41)
    given = asked("last_update", View(run))
    assert given["known"] == 1
    for l, (old, new) in enumerate(zip(run.at(40).layers, run.network.layers, strict=True)):
        assert np.allclose(given[f"W{l}"], new.W - old.W, atol=1e-6)
    assert asked("last_update", View(Run(PLAYGROUND)))["known"] == 0


def test_the_cost_counts_every_multiplication():
    run = Run(fitted(PLAYGROUND, hidden=(4, 3)))
    run.advance(steps=1260)
    given = asked("cost", View(run))
    assert (given["updates"], given["multiplications"]) == (1260, 1260 * 10 * 61)
    assert given["seconds"] > 0


def test_stages_add_up_to_the_update():
    run = Run(PLAYGROUND)
    run.advance(steps=12)
    given = asked("stages", View(run), example=3)
    step = run.step_at(12)
    assert given["batch"] == 10 and given["example"] == 3
    assert np.allclose(given["a2"], step.traces[2].a[3]) and given["target"][0] in (-1, 1)
    assert given["example_loss"] == pytest.approx(float((given["a2"][0] - given["target"][0]) ** 2), rel=1e-4)
    assert np.allclose(given["delta2"], 2 * (given["a2"] - given["target"]) * (1 - given["a2"] ** 2), atol=1e-5)
    for l in range(3):
        assert np.allclose(given[f"uW{l}"], -0.03 * given[f"dW{l}"], atol=1e-6)
    assert run.step == 12
    deltas = [asked("stages", View(run), example=k)["delta2"] for k in range(10)]
    assert np.allclose(np.mean(deltas, axis=0), given["db2"], atol=1e-6)


def test_a_unit_that_is_not_there_stands_for_the_nearest():
    view = trained(PLAYGROUND, 0)
    given = asked("unit_field", view, layer=99, unit=99)
    assert (given["layer"], given["unit"]) == (2, 0)
