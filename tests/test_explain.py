"""One update explained: every number is the Trainer's own, and finite differences measure the same."""

import json
import re
from itertools import cycle, product
from pathlib import Path

import numpy as np
import pytest

from nn_core import ACTIVATIONS, BUGS, LOSSES, OPTIMIZERS, PROBES, Network, Run, RunConfig, Trainer, check_gradients
from nn_core.explain import (
    DESCENTS,
    Chosen,
    Nudging,
    Row,
    descent,
    digits,
    effect,
    excerpts,
    factors,
    ripple,
    steepest,
    sums,
)
from nn_core.explain import product as worked_out
from nn_core.explain.backward import rounded
from nn_core.explain.code import MARKED, UPDATE, excerpt
from nn_core.explain.nudging import TOGETHER, relative_error
from nn_core.probes import View

ASSETS = Path(__file__).parents[1] / "assets"
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
PAIRS = [(loss.name, out) for loss in LOSSES.values() for out in loss.outputs]
BUG_SETS = [
    (),
    *((name,) for name in BUGS),
    ("reshaped_weights", "updated_weights"),
    ("softmax_diagonal", "off_by_one"),
]
SMALL = RunConfig(dataset="digits", dataset_args={"size": 8}, sizes=(64, 12, 8, 10), activations="sigmoid", seed=3)


def one_update(hidden, loss, out, optimizer, bug=(), *, rows=1, dtype=np.float32, warm=2, seed=0, **choices):
    """The last of `warm` + 1 updates of a small network, as a Row of its first row."""
    rng = np.random.default_rng(seed)
    outputs = 1 if loss == "binary_cross_entropy" else 4
    net = Network.create(
        (5, 4, 4, outputs), (hidden, hidden, out), init="normal", init_args={"std": 0.7}, seed=seed, dtype=dtype,
        batch_norm=choices.pop("batch_norm", False), dropout=choices.pop("dropout", 0.0),
    )  # fmt: skip
    x = rng.normal(size=(12, 5)).astype(dtype)
    if LOSSES[loss].targets == "labels":
        y = rng.integers(0, outputs, 12)
    else:
        y = rng.uniform(0.1, 0.9, (12, outputs)).astype(dtype)
    settings = {"batch_size": rows, "bug": bug, **choices}
    trainer = Trainer(net, loss, OPTIMIZERS[optimizer](learning_rate=0.01), x, y, **settings)
    for _ in range(warm):
        trainer.step()
    rules = trainer.rules()
    return Row(trainer.step(), 0, rules)


def parameters(row):
    """One weight and one bias of every layer, none of them in the last unit's shadow."""
    for l, layer in enumerate(row.layers):
        yield Chosen(l, "W", 1, layer.fan_out - 1)
        yield Chosen(l, "W", 0, 0)
        yield Chosen(l, "b", -1, 0)


def close(value, digits=4):
    return pytest.approx(value, rel=10**-digits, abs=2e-6)


def check_all(row):
    """Every number of a row's explanation against what the Trainer did."""
    for chosen in parameters(row):
        chain = factors(row, chosen)
        share = row.share(chosen)
        assert worked_out(chain) == close(share, 3), (chosen, chain)
        assert row.gradient(chosen) == float(row.step.gradient(chosen.layer, chosen.array)[chosen.index])
        lines = descent(row, chosen)
        before, after = (
            float(getattr(network.layers[chosen.layer], chosen.array)[chosen.index])
            for network in (row.step.before, row.step.after)
        )
        assert lines[-1].values["w'"] == after and lines[0].values.get("w_0", lines[-1].values["w"]) == before
        fresh = DESCENTS[row.rules.optimizer.name](
            row.rules.optimizer,
            lines[0].values.get("w_0", before),
            _optimizer_gradient(lines, row, chosen),
            {name: float(v[chosen.index]) for name, v in row.rules.slots[chosen.layer][chosen.array].items()},
            row.step.index + 1,
        )
        assert fresh[-1].values["w'"] == close(after)
    for l, one in enumerate(sums(row, Chosen(0, "W", 1, 2))):
        products = float(np.dot(one.x, one.w)) + one.rest + (one.b or 0.0)
        assert products == close(one.z if one.u is None else one.u)
        assert one.a == float(row.traces[l].a[0, one.unit])
    assert row.row_loss == close(row.step.loss) or row.n > 1


def _optimizer_gradient(lines, row, chosen):
    return lines[0].values["g"] if lines[0].link == "g" else row.gradient(chosen)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_number_is_the_trainers(hidden):
    """Every activation with every loss and every bug; the optimizers take turns."""
    optimizers, rows = cycle(OPTIMIZERS), cycle((1, 3))
    for (loss, out), bug in product(PAIRS, BUG_SETS):
        check_all(one_update(hidden, loss, out, next(optimizers), bug, rows=next(rows)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_with_every_bug_and_penalties(optimizer):
    for bug, (loss, out) in product(BUG_SETS, [("cross_entropy", "softmax"), ("mse", "tanh")]):
        check_all(one_update("tanh", loss, out, optimizer, bug, rows=2))
        check_all(one_update("tanh", loss, out, optimizer, bug, rows=2, l1=0.01, l2=0.02))


@pytest.mark.parametrize("loss, out", PAIRS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_finite_differences_measure_the_same(hidden, loss, out):
    for optimizer, rows in (("sgd", 1), ("adam", 3)):
        row = one_update(hidden, loss, out, optimizer, rows=rows)
        nudging = Nudging(row)
        for chosen in parameters(row):
            measured = nudging.numeric(chosen)
            assert nudging.error(nudging.analytic(chosen), measured) < nudging.limit
            assert row.gradient(chosen) == close(measured, 3)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_seen(bug):
    """The check of all arrays is red for every bug, and where a factor is wrong, what it should be stands beside it."""
    needs_slope = bug in ("missing_derivative", "copied_derivative")
    for loss, out in (("cross_entropy", "softmax"), ("mse", "softmax")):
        row = one_update("sigmoid", loss, out, "sgd", (bug,), rows=2)
        report = dict(_checked(Nudging(row)))
        assert max(report.values()) > 1e-3, (bug, report)
        if needs_slope:
            assert all(
                next(f for f in factors(row, Chosen(l, "W", 1, 1)) if f.what == "slope").right is not None
                for l in (0, 1)
            )
    assert any(part.bug for layer in range(3) for a in "Wb" for part in excerpts(row, Chosen(layer, a, 0, 0)))


def _checked(nudging):
    """(layer, array) and relative error, as the page adds the pieces up."""
    done = [nudging.check(place) for place in range(len(nudging.pieces))]
    for place, (l, name, count) in enumerate(nudging.names):
        own = [one for one in done if one.place == place]
        assert sum(one.count for one in own) == count
        totals = [sum(getattr(one, field) for one in own) for field in ("difference", "analytic", "numeric")]
        yield (l, name), relative_error(*totals, count, nudging.noise)


@pytest.mark.parametrize("choices", [{}, {"dropout": 0.4}, {"batch_norm": True}, {"batch_norm": True, "dropout": 0.3}])
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_the_check_in_pieces_is_the_check(hidden, choices):
    """All pieces together say what `check_gradients` says, with dropout's own masks and with batch norm."""
    row = one_update(hidden, "cross_entropy", "softmax", "sgd", rows=4, **choices)
    errors = dict(_checked(Nudging(row)))
    assert max(errors.values()) < 1e-5
    if not choices:
        report = check_gradients(row.network, row.piece[2], row.piece[3], "cross_entropy")
        assert {(one.layer, one.array) for one in report} == set(errors)
        nudging = Nudging(row)
        for one in report:
            if one.array == "W":
                analytic, numeric = nudging._together(2 * one.layer, 1, 0, len(one.numeric))
                assert np.allclose(numeric, one.numeric[:, 1], atol=1e-9)
                assert np.allclose(analytic, one.analytic[:, 1], atol=1e-12)
    for chosen in parameters(row):
        assert worked_out(factors(row, chosen)) == close(row.share(chosen), 3)


def test_a_switched_off_unit():
    run = Run(SMALL)
    run.advance(steps=40)
    run.unit(0, 3, False)
    row = Row(run.step_at(40))
    chosen = Chosen(0, "W", 20, 3)
    assert [factor.value for factor in factors(row, chosen) if factor.what == "mask"] == [0.0]
    assert row.share(chosen) == 0.0
    assert max(dict(_checked(Nudging(row))).values()) < 1e-5


def test_pieces_are_small():
    """No piece sends more than some hundred rows through the upper layers, whatever the batch."""
    for batch in (1, 32):
        row = Row(Run(RunConfig(batch_size=batch)).step_at(0))
        nudging = Nudging(row)
        sizes = nudging.pieces[:, 3] - nudging.pieces[:, 2]
        assert 2 * nudging.rows * sizes.max() <= TOGETHER
        assert sizes.sum() == 109_386


def test_shown_digits_come_out():
    row = one_update("tanh", "cross_entropy", "softmax", "sgd")
    for chosen in parameters(row):
        chain, share = factors(row, chosen), row.share(chosen)
        places = digits(chain, share)
        shown = [factor._replace(value=rounded(factor.value, places)) for factor in chain]
        assert rounded(worked_out(shown), 3) == rounded(share, 3) or places == 8


def test_a_promise_is_kept_by_small_steps():
    config = SMALL.replace(learning_rate=1e-4, dtype="float64", batch_size=5)
    run = Run(config)
    row = Row(run.step_at(7), 2)
    found = effect(row)
    assert found.after - found.before == pytest.approx(found.promised, rel=0.01)
    assert found.before == pytest.approx(row.step.loss)
    assert found.promised == pytest.approx(found.shares.sum())


def test_the_ripple_is_of_unseen_examples():
    run = Run(SMALL)
    step = run.step_at(5)
    found = ripple(step, "cross_entropy", run.dataset, run.dataset.labels("heldout"))
    assert len(found.change) == 200 and (np.bincount(found.label) == 20).all()
    before = step.before(run.dataset.take("heldout", found.rows))
    after = step.after(run.dataset.take("heldout", found.rows))
    picked = np.arange(200), found.label
    assert np.allclose(found.change, np.log(before[picked]) - np.log(after[picked]), atol=1e-5)
    for label in range(10):
        assert (np.diff(found.change[found.label == label]) >= 0).all()


def test_every_mark_is_found():
    """The code may change as it likes, as long as the words that mark its lines stay in it once."""
    for fn, marks in MARKED:
        lines = excerpt("", fn, marks).lines
        for words, _ in marks:
            assert any(words in line for line in lines), f"{fn.__qualname__} has no line with {words!r}"
    for optimizer in OPTIMIZERS.values():
        links = {link for _, link in excerpt("update", optimizer.update, UPDATE).marks}
        links |= {link for _, link in excerpt("update", getattr(optimizer, "_move", optimizer.update), UPDATE).marks}
        assert "w" in links, optimizer.name
    row = one_update("tanh", "mse", "softmax", "adam", rows=2)
    for chosen in parameters(row):
        found = excerpts(row, chosen)
        assert {one.stage for one in found} == {"forward", "loss", "backward", "update"}
        for one in found:
            assert one.marks, one.name
            assert one.file.startswith("nn_core/") and '"""' not in "\n".join(one.lines)
        links = {link for one in found for _, link in one.marks}
        assert {"z", "a", "loss", "product", "w"} <= links


def test_every_name_has_its_formula_and_words():
    assert set(DESCENTS) == set(OPTIMIZERS)
    formulas = (ASSETS / "panels" / "update" / "model.js").read_text("utf-8")
    for name in (*ACTIVATIONS, *LOSSES):
        assert re.search(rf"^  {name}: ", formulas, re.M), f"{name} has no formula"
    texts = (ASSETS / "text" / "update.md").read_text("utf-8")
    headings = set(re.findall(r"^# (.+)$", texts, re.M))
    whats = {"da", "truth", "dz", "slope", "answer", "mask", "norm", "input", "one", "bug", "product"}
    assert {f"factor {what}" for what in whats} <= headings
    symbols = {name for optimizer in OPTIMIZERS for line in _lines(optimizer) for name in line.values}
    assert {f"symbol {name}" for name in symbols} <= headings


def _lines(optimizer):
    row = one_update("tanh", "mse", "tanh", optimizer, l1=0.1, l2=0.1)
    return descent(row, Chosen(0, "W", 0, 0))


# The probes ---------------------------------------------------------------------------------------------------------


def test_the_probes_of_any_step():
    run = Run(SMALL)
    run.advance(steps=60)
    run.change(optimizer="adam", learning_rate=0.01)
    run.advance(steps=40)
    run.goto(80)
    view = View(run)
    for step, optimizer in ((0, "sgd"), (59, "sgd"), (60, "adam"), (99, "adam"), (100, "adam"), (10**6, "adam")):
        found = PROBES["step"](view, step=step, layer=1)
        about = json.loads(found["about"])
        assert about["update"] == min(step, 100) and about["optimizer"] == optimizer
        assert about["chosen"]["layer"] == 1 and about["asked"]["step"] == step
        truth = run.step_at(about["update"])
        assert about["gradient"] == truth.gradient(1, "W")[about["chosen"]["i"], about["chosen"]["j"]]
        assert np.array_equal(found["dz2"], truth.grads[2].dz[0])
        after = truth.after(truth.x)[0]
        assert np.allclose(found["after"], after, atol=1e-6)
    assert json.loads(PROBES["step"](view)["about"])["update"] == 79
    assert run.step == 80 and run.head == 100


def test_looking_changes_nothing():
    run, other = Run(SMALL), Run(SMALL)
    run.advance(steps=37)
    for name in ("step", "step_effect", "step_nudge", "step_check", "step_code"):
        PROBES[name](View(run), step=20)
    run.advance(steps=30)
    other.advance(steps=67)
    assert run.state_fingerprint() == other.state_fingerprint()


def test_what_is_not_there_is_chosen():
    view = View(Run(SMALL.replace(bias=False)))
    about = json.loads(PROBES["step"](view, layer=99, j=5000, i=7, array="b", row=9)["about"])
    best = steepest(Row(view.step_at(0)))
    assert tuple(about["chosen"].values()) == tuple(best)
    assert (about["chosen"]["array"], about["row"]) == ("W", 0)
    about = json.loads(PROBES["step"](View(Run(SMALL)), layer=2, j=9, array="b")["about"])
    assert about["chosen"] == {"layer": 2, "array": "b", "i": -1, "j": 9}


def test_the_check_comes_in_pieces():
    run = Run(SMALL.replace(batch_size=4, bug=("softmax_diagonal",)))
    view = View(run)
    start, rows = 0, []
    while True:
        found = PROBES["step_check"](view, start=start)
        rows += found["place"].tolist()
        start = found["start"] + len(found["place"])
        assert found["total"] == len(Nudging(Row(run.step_at(0))).pieces)
        if start == found["total"]:
            break
    names = json.loads(found["names"])
    assert sum(size for *_, size in names) == run.network.parameter_count
    assert PROBES["step_check"](view, start=start)["place"].size == 0


def test_an_example_of_a_class_is_found():
    run = Run(SMALL)
    run.advance(steps=200)
    labels = run.dataset.labels("train")
    found = PROBES["step_find"](View(run), step=150, label=4)
    assert found["found"] <= 150 and labels[run.step_at(found["found"]).rows[0]] == 4
    later = PROBES["step_find"](View(run), step=150, label=4, later="yes")
    assert later["found"] > 150 or later["found"] == -1
    batch = PROBES["step_find"](View(Run(SMALL.replace(batch_size=64))), step=0, label=4)
    rows = Run(SMALL.replace(batch_size=64)).step_at(0).rows
    assert labels[rows[batch["row"]]] == 4 and batch["found"] == 0


def test_where_training_broke_there_is_a_sentence():
    run = Run(SMALL.replace(learning_rate=1000.0, activations=("identity", "identity", "softmax")))
    run.advance(steps=200)
    assert run.diverged
    with pytest.raises(ValueError, match="became"):
        PROBES["step"](View(run), step=run.step)


def test_full_batches_stay_small():
    """A batch of more than 1,024 rows is explained piece by piece, its gradient is the whole batch's."""
    run = Run(SMALL.replace(batch_size=1500, activations="relu"))
    step = run.step_at(0)
    row = Row(step, 1200)
    chosen = steepest(row)
    assert len(row.piece[2]) <= 1024
    whole = Network(step.before.layers)
    x, y = run.dataset.take("train", step.rows), run.dataset.labels("train")[step.rows]
    traces = whole.forward(x)
    assert row.gradient(chosen) == close(whole.backward(traces, y, "cross_entropy")[chosen.layer].dW[chosen.index], 3)
    assert row.traces[0].x[0] == pytest.approx(x[1200])
    assert effect(row).rows == len(row.piece[2])
