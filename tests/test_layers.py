"""What the page inside the layers shows: every number equals the core's own, and what is kept can be made again."""

import numpy as np
import pytest

from nn_core import ACTIVATIONS, PROBES, Dense, Network, Run, RunConfig
from nn_core.probes import View
from nn_core.probes.class_map import basis, round_step
from nn_core.probes.columns import Columns
from nn_core.probes.layers import NOW, QUANTITIES
from nn_core.probes.saliency import score_gradient
from nn_core.probes.statistics import (
    ALIKE,
    OFF,
    ROWS,
    STUCK_HIGH,
    STUCK_LOW,
    WORKING,
    Measurement,
    band,
    measured,
    sample_rows,
    spread,
    steepest,
)
from nn_core.recent import RECENT

SMALL = RunConfig(dataset_args={"size": 8}, sizes=(64, 12, 8, 10), activations="tanh", learning_rate=0.05)
FORMS = {
    "single rows": SMALL,
    "batches": SMALL.replace(batch_size=16, optimizer="adam", learning_rate=0.003),
    "batch norm": SMALL.replace(batch_size=16, batch_norm=True, activations="relu"),
    "a bug": SMALL.replace(bug=("derivative_twice",)),
    "penalties": SMALL.replace(batch_size=8, l2=0.01, dropout=0.2),
}


def trained(config=SMALL, steps=60):
    run = Run(config)
    run.advance(steps=steps)
    return run


# -- statistics --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_of_every_layer_is_the_cores_own_row_by_row(form):
    run = trained(FORMS[form])
    network, m = run.network, measured(View(run))
    found = [[] for _ in network.layers]
    for x, y in zip(m.x[:20], m.y[:20], strict=True):
        grads = network.backward(network.forward(x[None]), y[None], "cross_entropy", bug=run.settings["bug"])
        for lengths, grad in zip(found, grads, strict=True):
            lengths.append(float(np.linalg.norm(grad.dz.astype(np.float64))))
    np.testing.assert_allclose(m.felt[:, :20], found, rtol=2e-4)


def test_the_probe_gives_the_measurements_medians_bands_and_distributions():
    run = trained()
    shown, m = PROBES["layers"](View(run)), measured(View(run))
    np.testing.assert_array_equal(shown["felt"], band(m.felt))
    np.testing.assert_allclose(shown["felt"][:, 1], np.median(m.felt, axis=1), rtol=0.05)
    for l, trace in enumerate(m.traces):
        np.testing.assert_allclose(
            shown["moments"][l], [trace.z.mean(), trace.z.std(), trace.a.mean(), trace.a.std()], rtol=1e-4
        )
    whole = run.network.backward(run.network.forward(m.x), m.y, "cross_entropy")
    np.testing.assert_allclose(shown["gradient"], [np.linalg.norm(grad.dW) for grad in whole], rtol=1e-4)
    assert shown["rows"] == ROWS and shown["widths"].tolist() == [12, 8, 10]
    for quantity in QUANTITIES:
        points = PROBES["layers"](View(run), quantity=quantity)["points"]
        assert points.shape == (3, NOW) and (np.diff(points, axis=1) >= 0).all()
        if quantity in ("a", "z"):
            values = getattr(m.traces[1], quantity)
            assert points[1, 0] == values.min() and points[1, -1] == values.max()
            assert abs(points[1, NOW // 2] - np.median(values)) < 0.02


def test_statistics_are_over_256_rows_evenly_spread_or_all_there_are():
    run = trained(steps=0)
    rows = sample_rows(run.dataset)
    assert len(rows) == ROWS and rows[0] == 0 and rows[-1] == run.dataset.n_heldout - 1 and (np.diff(rows) >= 1).all()
    few = Run("playground")
    assert len(sample_rows(few.dataset)) == min(ROWS, few.dataset.n_heldout)


def test_spread_and_band_are_values_at_their_places_in_order():
    values = np.random.default_rng(0).normal(size=1001).astype(np.float32)
    ordered = np.sort(values)
    np.testing.assert_array_equal(spread(values.reshape(7, 143), 11), ordered[::100])
    np.testing.assert_array_equal(band(values), ordered[[100, 500, 900]])


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_the_steepest_slope_is_what_its_formula_says(activation):
    known = {"sigmoid": 0.25, "gelu": 1.129, "silu": 1.0998, "leaky_relu": 1}
    assert steepest(activation) == pytest.approx(known.get(activation, 1.0), rel=1e-3)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_units_are_told_apart_at_work_alike_stuck_and_off(activation):
    data = Run("digits-small").dataset
    rng = np.random.default_rng(1)
    W = rng.normal(0, 0.3, (64, 5)) * [1, 1e-4, 0.01, 0.01, 1]
    W[:, 0] = np.where(np.arange(64) % 8 < 4, 0.3, -0.3)  # the picture's left half against its right
    b = np.array([0.0, 1.0, -30.0, {"sigmoid": 30.0, "relu": 1.0}[activation], 0.0])
    on = np.array([True, True, True, True, False])
    hidden = Dense(W.astype(np.float32), b.astype(np.float32), activation, units_on=on)
    output = Dense(rng.normal(0, 1, (5, 10)).astype(np.float32), None, "softmax")
    config = RunConfig(dataset="digits", dataset_args={"size": 8}, sizes=(64, 5, 10), activations=activation)
    m = Measurement(Network([hidden, output]), config, {"bug": ()}, data)
    at_top = {"sigmoid": STUCK_HIGH, "relu": ALIKE}[activation]  # ReLU has no upper end to be stuck at
    assert m.units[0].state.tolist() == [WORKING, ALIKE, STUCK_LOW, at_top, OFF]
    assert 0 < m.units[0].saturated < 1 and np.isnan(m.units[1].saturated)
    assert (m.traces[0].a[:, 2] < 0.01).all()


def test_a_dataset_without_held_out_rows_is_refused_with_a_sentence():
    run = trained(steps=0)
    dataset = run.dataset

    class Empty:
        n_heldout = 0

    with pytest.raises(ValueError, match="no rows back"):
        Measurement(run.network, run.config, run.settings, Empty())
    assert dataset.n_heldout


# -- how fast it changes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_update_to_weight_is_that_of_the_last_ten_updates(form):
    run = trained(FORMS[form], steps=47)
    moves = run.recent(40)
    assert moves.step == 40 and moves.moved.shape == (RECENT, 3)
    for k, step in enumerate(range(30, 40)):
        before, after = run.at(step), run.at(step + 1)
        for l in range(3):
            length = np.linalg.norm(after.layers[l].W.astype(np.float64) - before.layers[l].W)
            assert moves.moved[k, l] == pytest.approx(length, rel=2e-3)
    np.testing.assert_allclose(moves.weights, [np.linalg.norm(layer.W) for layer in run.at(40).layers], rtol=1e-5)
    shown = PROBES["layers"](View(run.goto(40)))
    np.testing.assert_array_equal(shown["ratio"], band(moves.ratios.T))
    assert shown["ratio_step"] == 40


@pytest.mark.parametrize("form", FORMS)
def test_watching_updates_gives_what_repeating_them_gives_and_changes_nothing(form):
    plain, watched = Run(FORMS[form]), Run(FORMS[form])
    plain.advance(steps=75)
    watched.advance(steps=20)
    assert watched.watched() is None
    for steps in (1, 3, 30, 21):
        watched.advance(steps=steps)
        watched.watched(whole=True)
    assert watched.state_fingerprint() == plain.state_fingerprint()
    seen, again = watched.watched(), plain.recent(watched._recent.moves.step)
    np.testing.assert_array_equal(seen.moved, again.moved)
    np.testing.assert_array_equal(seen.weights, again.weights)


def test_there_are_no_ratios_before_the_first_update_and_fewer_right_after_it():
    run = trained(steps=0)
    assert run.recent(0) is None
    assert np.isnan(PROBES["layers"](View(run))["ratio"]).all()
    run.advance(steps=3)
    assert run.recent(3).moved.shape == (3, 3)


def test_an_event_at_the_step_itself_is_not_counted_as_an_update():
    run = trained(steps=30)
    before = run.recent(30)
    run.parameter(1, "W", (0, 0), 9.0)
    after = run.recent(30)
    np.testing.assert_array_equal(before.moved, after.moved)
    np.testing.assert_array_equal(before.weights, after.weights)
    assert run.at(30).layers[1].W[0, 0] == 9.0 and run.at(29).layers[1].W[0, 0] != 9.0


# -- the story ---------------------------------------------------------------------------------------------------------


def test_six_sigmoid_layers_lose_the_error_and_six_relu_layers_do_not():
    felt = {}
    for preset in ("six-sigmoid-layers", "six-relu-layers"):
        run = trained(preset, steps=500)
        felt[preset] = PROBES["layers"](View(run))["felt"][:, 1]
    sigmoid, relu = felt.values()
    assert sigmoid[-1] / sigmoid[0] > 3000 and (np.diff(np.log10(sigmoid)) > 0.3).all()
    assert 0.2 < relu[-1] / relu[0] < 5


# -- columns -----------------------------------------------------------------------------------------------------------


def all_columns(run, probe, **arguments):
    view, parts, start = View(run), [], 0
    while not parts or start < parts[-1]["total"]:
        parts.append(PROBES[probe](view, start=start, **arguments))
        start += len(parts[-1]["step"])
    return {
        name: np.concatenate([part[name] for part in parts])
        for name in parts[0]
        if isinstance(parts[0][name], np.ndarray)
    }


def test_columns_of_the_past_come_from_kept_states_and_equal_a_measurement_there():
    run = trained("digits", steps=4000)
    found = all_columns(run, "layers_history")
    kept = set(run.kept())
    assert set(found["step"].tolist()) <= kept | {4000} and {0, 4000} <= set(found["step"].tolist())
    for step, felt, points in zip(found["step"], found["felt"], found["points"], strict=True):
        m = Measurement(run.at(int(step)), run.config, run.settings, run.dataset)
        np.testing.assert_array_equal(felt, band(m.felt)[:, 1])
        np.testing.assert_array_equal(points.reshape(3, -1)[1], spread(m.traces[1].a, 33))


def test_columns_are_appended_where_the_run_goes_and_do_not_depend_on_when_one_looked():
    often, once = Run(SMALL), Run(SMALL)
    for _ in range(12):
        often.advance(steps=10)
        PROBES["layers_history"](View(often, still=False), start=0)
    once.advance(steps=120)
    one, other = (all_columns(run, "layers_history") for run in (often, once))
    assert len(one["step"]) >= 12
    for step in set(one["step"].tolist()) & set(other["step"].tolist()):
        a, b = (found["points"][found["step"].tolist().index(step)] for found in (one, other))
        np.testing.assert_array_equal(a, b)


def test_a_column_is_made_again_when_something_was_done_at_its_step():
    run = trained(steps=50)
    before = all_columns(run, "layers_history")
    run.parameter(0, "W", (3, 4), 5.0)
    after = all_columns(run, "layers_history")
    assert after["step"].tolist() == [*before["step"].tolist(), 50]
    assert (after["points"][-1] != before["points"][before["step"].tolist().index(50)]).any()


def test_a_viewer_that_has_all_columns_gets_none():
    run = trained(steps=50)
    found = all_columns(run, "layers_history")
    again = PROBES["layers_history"](View(run), start=len(found["step"]))
    assert again["total"] == again["start"] == len(found["step"]) and again["points"].shape == (
        0,
        found["points"].shape[1],
    )


def test_columns_stay_few_however_long_a_run_is():
    columns = Columns()
    for step in range(0, 200_000, 7):
        if columns.lacks(step, 0):
            columns.add(step, 0, {})
    assert 500 < len(columns.made) < 128 + 128 * np.log(200_000 / 128) + 2


def test_columns_of_updates_are_those_updates_watched_or_repeated():
    run = trained(steps=200)
    moving = PROBES["layers_history"](View(run, still=False), start=0, quantity="update")
    assert len(moving["step"]) == 0  # nobody has watched yet, and repeating waits
    run.advance(steps=200)
    moving = PROBES["layers_history"](View(run, still=False), start=0, quantity="update")
    watched = moving["step"].tolist()
    assert len(watched) == 1 and 200 < watched[0] <= 400  # the last update that was watched, and its own step
    run.advance(steps=200)
    found = all_columns(run, "layers_history", quantity="update")
    for step in (*watched, 600):
        before, after = run.at(step - 1), run.at(step)
        points = found["points"][found["step"].tolist().index(step)].reshape(3, -1)
        change = (after.layers[1].W.astype(np.float64) - before.layers[1].W).ravel()
        np.testing.assert_allclose(
            points[1], np.sort(change)[np.linspace(0, change.size - 1, 33).round().astype(int)], atol=1e-7
        )


# -- one unit ----------------------------------------------------------------------------------------------------------


def test_one_unit_shows_the_cores_own_weights_answers_and_gradient():
    run = trained()
    m = measured(View(run))
    shown = PROBES["unit"](View(run), layer=1, unit=5)
    np.testing.assert_array_equal(shown["weights"], run.network.layers[1].W[:, 5])
    np.testing.assert_array_equal(shown["answers"], m.traces[1].a[:, 5])
    np.testing.assert_array_equal(shown["felt"], band(np.abs(m.grads[1].dz[:, 5])))
    np.testing.assert_array_equal(shown["labels"], run.dataset.labels("heldout")[shown["rows"]])
    examples = PROBES["unit_examples"](View(run), layer=1, unit=5)
    assert examples["answers"][0] == shown["answers"].max() and examples["answers"][-1] == shown["answers"].min()
    first = run.dataset.image("heldout", int(examples["rows"][0]))
    np.testing.assert_array_equal(examples["images"][0], first)
    history = all_columns(run, "unit_history", layer=1, unit=5)
    np.testing.assert_array_equal(history["felt"][history["step"].tolist().index(60)], shown["felt"])


def test_a_unit_that_does_not_exist_stands_for_the_last_one():
    shown = PROBES["unit"](View(trained(steps=1)), layer=40, unit=4000)
    assert (shown["layer"], shown["unit"]) == (2, 9)


# -- where the classes go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(200, 12), (30, 90), (40, 1)])
def test_directions_are_principal_components(shape):
    values = np.random.default_rng(2).normal(size=shape) * np.linspace(3, 1, shape[1])
    directions, unit = basis(values)
    _, sizes, right = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    for k in range(min(2, shape[1])):
        assert abs(directions[:, k] @ right[k]) == pytest.approx(1)
    assert unit == pytest.approx(sizes[0] / np.sqrt(shape[0]))


def test_held_axes_stay_while_the_network_moves_on():
    run = trained(steps=30)
    before = PROBES["class_map"](View(run), basis_step=30)
    run.advance(steps=50)
    held, free = PROBES["class_map"](View(run), basis_step=30), PROBES["class_map"](View(run))
    assert held["basis_step"] == 30 and free["basis_step"] == 50
    m = measured(View(run))
    directions, unit = basis(run.at(30)._forward(m.x)[1].a.astype(np.float64))
    answers = m.traces[1].a.astype(np.float64)
    expected = (answers - answers.mean(axis=0)) @ directions / unit
    np.testing.assert_allclose(held["points"][2] / 1000, expected, atol=0.00051)
    np.testing.assert_array_equal(held["points"][0], before["points"][0])  # the inputs do not move
    assert held["layers"].tolist() == [-1, 0, 1, 2]
    for shown in (held, free):
        assert (shown["explained"] > 0).all() and shown["explained"].max() <= 1


def test_the_axes_turn_at_round_steps():
    assert [round_step(step) for step in (0, 1, 4, 5, 19, 20, 999, 1000, 4999)] == [0, 1, 2, 5, 10, 20, 500, 1000, 2000]


# -- which pixels matter -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["single rows", "batch norm"])
def test_saliency_is_the_scores_derivative_by_each_input(form):
    run = trained(FORMS[form].replace(dtype="float64"))
    network = run.network
    x = run.dataset.x_heldout[:1].astype(np.float64)
    found = score_gradient(network, network._forward(x), 3)[0]
    for pixel in (9, 20, 35, 50):
        step = np.zeros_like(x)
        step[0, pixel] = 1e-6
        up, down = (network._forward(x + sign * step)[-1].z[0, 3] for sign in (1, -1))
        assert found[pixel] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-8)
    shown = PROBES["saliency"](View(run), sample=0, score=3)
    np.testing.assert_allclose(shown["gradient"], found, rtol=1e-5)
    assert shown["scale"] >= np.abs(found).max()
