"""The same run is the same run: however it is advanced, watched, changed, revisited, forked and stored."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_core import OPTIMIZERS, PROBES, Run, RunConfig
from nn_core.checkpoints import Checkpoints, numerics_id, unpack
from nn_core.events import Event
from nn_core.probes import View

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DIGITS = {"dataset": "digits", "dataset_args": {"size": 8}, "sizes": (64, 12, 10)}
CONFIGS = {
    "per sample": RunConfig(**DIGITS, activations="sigmoid"),
    "per sample, l2": RunConfig(**DIGITS, activations="tanh", l2=0.01),
    "per sample, no bias": RunConfig(**DIGITS, activations="relu", bias=False, learning_rate=0.02),
    "batches": RunConfig(**DIGITS, activations="relu", batch_size=7, optimizer="momentum", learning_rate=0.01),
    "adam": RunConfig(**DIGITS, activations="relu", batch_size=16, optimizer="adam", learning_rate=0.003),
    "dropout": RunConfig(**DIGITS, activations="relu", batch_size=5, dropout=0.3),
    "batch norm": RunConfig(**DIGITS, activations="relu", batch_size=6, batch_norm=True),
    "schedule": RunConfig(**DIGITS, activations="sigmoid", schedule="cosine", schedule_args={"steps": 200}),
    "full batch": RunConfig(**DIGITS, activations="relu", batch_size="full"),
}
#: Every optimizer with everything that carries a state of its own: slots, masks, running statistics.
CONFIGS |= {
    f"{optimizer}, dropout, batch norm": RunConfig(
        **DIGITS,
        activations="relu",
        batch_size=6,
        optimizer=optimizer,
        learning_rate=0.01,
        dropout=0.2,
        batch_norm=True,
    )
    for optimizer in OPTIMIZERS
}
LAST = 100

actions = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(0, 60)),
        st.tuples(st.just("rate"), st.sampled_from([0.0, 0.01, 0.1, 0.5])),
        st.tuples(st.just("batch"), st.sampled_from([2, 5, 32])),
        st.tuples(st.just("l2"), st.sampled_from([0.0, 0.001])),
        st.tuples(st.just("weight"), st.integers(0, 11)),
        st.tuples(st.just("unit"), st.integers(0, 11)),
        st.tuples(st.just("optimizer"), st.sampled_from([*OPTIMIZERS])),
        st.tuples(st.just("dropout"), st.sampled_from([0.0, 0.4])),
        st.tuples(st.just("bug"), st.sampled_from([(), ("missing_derivative",)])),
        st.tuples(st.just("look"), st.integers(0, 100)),
        st.tuples(st.just("at"), st.integers(0, 100)),
        st.tuples(st.just("goto and back"), st.integers(0, 100)),
        st.tuples(st.just("json"), st.none()),
        st.tuples(st.just("stored"), st.none()),
        st.tuples(st.just("fork"), st.none()),
    ),
    max_size=12,
)


def act(run, action, value):
    """Do one action of a learner; returns the run that goes on."""
    here = run.step
    if action == "advance":
        run.advance(steps=min(value, LAST - here))
    elif action == "rate":
        run.change(learning_rate=value)
    elif action == "batch":
        run.change(batch_size=value)
    elif action == "l2":
        run.change(l2=value)
    elif action == "weight":
        run.parameter(0, "W", (value, value), 0.25)
    elif action == "unit":
        on = run.network.layers[0].units_on
        run.unit(0, value, bool(on is not None and not on[value]))
    elif action == "optimizer":
        run.change(optimizer=value)
    elif action == "dropout":
        run.change(dropout=value)
    elif action == "bug":
        run.change(bug=value)
    elif action == "stored":
        newest = run.checkpoint()[1]
        return Run.restore(run.config, run.events, run.head, checkpoint=newest, curves=run.curve_bytes()).goto(here)
    elif action == "look":
        for probe in PROBES.values():
            probe(View(run))
    elif action == "at":
        run.at(value * here // 100)
    elif action == "goto and back":
        run.goto(value * here // 100).goto(here)
    elif action == "json":
        return Run.from_json(run.to_json())
    elif action == "fork":
        return run.fork()
    return run


def replay(config, events, last=LAST):
    """The straight way: train in one stretch from event to event."""
    run = Run(config)
    for event in events:
        run.advance(steps=event.step - run.step)
        run.apply(run.propose(event.kind, **event.values))
    run.advance(steps=last - run.step)
    return run


@pytest.mark.parametrize("name", CONFIGS)
@given(actions=actions)
@QUICK
def test_any_path_ends_where_a_straight_replay_ends(name, actions):
    run = Run(CONFIGS[name])
    for action, value in actions:
        run = act(run, action, value)
    run.advance(steps=LAST - run.step)
    straight = replay(CONFIGS[name], run.events)
    assert run.fingerprint() == straight.fingerprint()
    assert run.state_fingerprint() == straight.state_fingerprint()
    for column, values in straight.curves.items():
        np.testing.assert_array_equal(run.curves[column], values)


def test_splitting_into_single_updates_changes_nothing():
    config = RunConfig(**DIGITS, activations="sigmoid")
    whole, single = Run(config), Run(config)
    whole.advance(steps=1500)  # past the end of an epoch, whose last block is short
    for _ in range(1500):
        single.advance(steps=1)
    assert whole.epoch == 1
    assert whole.state_fingerprint() == single.state_fingerprint()


@pytest.mark.parametrize("name", CONFIGS)
def test_at_and_step_at_show_the_past_and_do_not_move_the_run(name):
    run = Run(CONFIGS[name])
    kept = {}
    for _ in range(40):
        kept[run.step] = run.network
        run.advance(steps=1)
        if run.step == 13:
            run.change(learning_rate=0.05)
        if run.step == 21:
            run.parameter(0, "b" if run.network.layers[0].b is not None else "W", 3 if run.config.bias else (0, 3), 0.5)
    before = run.state_fingerprint()
    for step in (0, 1, 12, 13, 14, 20, 21, 22, 39, 7):
        for mine, right in zip(
            run.at(step).layers, kept[step].layers if step != 13 else run.at(13).layers, strict=True
        ):
            if step != 21:  # the kept copy of 21 was taken after its event, too
                np.testing.assert_array_equal(mine.W, right.W)
    step = run.step_at(30)
    assert step.index == 30
    for before_layer, after_layer, kept_before, kept_after in zip(
        step.before.layers, step.after.layers, kept[30].layers, kept[31].layers, strict=True
    ):
        np.testing.assert_array_equal(before_layer.W, kept_before.W)
        np.testing.assert_array_equal(after_layer.W, kept_after.W)
    assert run.step == 40 and run.state_fingerprint() == before


def test_a_fork_that_changes_nothing_is_identical_and_one_that_does_leaves_the_original_alone():
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=333)
    same, other = run.fork(), run.fork(100, learning_rate=0.01)
    run.advance(steps=200)
    assert same.advance(steps=200) == 200 and same.fingerprint() == run.fingerprint()
    assert other.step == 100 and other.head == 100
    other.advance(steps=433)
    assert other.fingerprint() != run.fingerprint()
    assert run.events == () and [event.step for event in other.events] == [100]
    np.testing.assert_array_equal(other.curves["loss"][:3], run.curves["loss"][:3])


def test_change_before_the_head_forks_and_play_reapplies_what_was_recorded():
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=50)
    assert run.change(learning_rate=0.5) is run
    run.advance(steps=50)
    end = run.fingerprint()
    run.goto(20)
    assert (run.step, run.head) == (20, 100)
    fork = run.change(learning_rate=0.3)
    assert fork is not run and fork.settings["learning_rate"] == 0.3 and run.settings["learning_rate"] == 0.1
    assert [event.step for event in fork.events] == [20]
    run.advance(steps=80)
    assert run.settings["learning_rate"] == 0.5 and run.fingerprint() == end


def test_an_event_that_changes_nothing_is_not_recorded():
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=5)
    run.change(learning_rate=0.1)
    run.unit(0, 3, True)
    run.parameter(0, "W", (1, 2), float(run.network.layers[0].W[1, 2]))
    assert run.events == ()


def test_stored_checkpoint_and_curves_bring_a_run_back():
    run = Run(RunConfig(**DIGITS, activations="relu", optimizer="adam", batch_size=4, learning_rate=0.01))
    run.advance(seconds=0.2)
    run.change(batch_size=9)
    run.advance(seconds=0.1)
    step, data = run.checkpoint()
    assert 0 < step <= run.step and unpack(data)["numerics_id"] == numerics_id()
    back = Run.restore(run.config, run.events, run.step, checkpoint=data, curves=run.curve_bytes())
    assert back.state_fingerprint() == run.state_fingerprint()
    np.testing.assert_array_equal(back.curves["heldout_loss"], run.curves["heldout_loss"])
    slow = Run.restore(run.config, [event.to_dict() for event in run.events], run.step, checkpoint=b"nonsense")
    assert slow.state_fingerprint() == run.state_fingerprint()


def test_curves_measure_what_they_say():
    run = Run(RunConfig(**DIGITS, activations="sigmoid", evaluate_every=25))
    run.advance(steps=110)
    curves = run.curves
    assert curves["step"].tolist() == [0, 25, 50, 75, 100]
    network, data = run.at(75), run.dataset
    right = (network(data.x_heldout).argmax(1) == data.y_heldout).mean()
    assert curves["heldout_accuracy"][3] == pytest.approx(right)
    traces = network.forward(data.x_heldout)
    assert curves["heldout_loss"][3] == pytest.approx(network.loss(traces, data.y_heldout, "cross_entropy"), rel=1e-5)


def test_automatic_curve_points_are_multiples_that_thin_out():
    run = Run("digits")
    run.advance(steps=1200)
    gaps = np.diff(run.curves["step"])
    assert gaps[0] == 10 and (np.diff(gaps) >= 0).mean() > 0.9 and gaps[-1] > 10
    assert all(run._is_point(int(step)) for step in run.curves["step"])
    assert [s for s in range(1200) if run._is_point(s)] == [int(s) for s in run.curves["step"] if s < 1200]


def test_stop_rules():
    stops = RunConfig(**DIGITS, activations="sigmoid", batch_size=10, evaluate_every=20)
    run = Run(stops.replace(stop={"step": 77}))
    assert run.advance(steps=1000) == 77 and "77 updates" in run.stopped
    assert run.change(stop={}).advance(steps=5) == 5
    run = Run(stops.replace(stop={"epoch": 1}))
    assert run.advance(steps=1000) == -(-run.dataset.n_train // 10) and run.epoch == 1
    run = Run(stops.replace(stop={"accuracy": 0.5}))
    run.advance(steps=5000)
    assert run.step % 20 == 0 and run.curves["heldout_accuracy"][-1] >= 0.5 and "accuracy" in run.stopped
    assert run.curves["heldout_accuracy"][:-1].max() < 0.5
    run = Run(stops.replace(stop={"patience": 3}, learning_rate=0.0))
    run.advance(steps=5000)
    assert run.step == 60 and "improved" in run.stopped


def test_divergence_is_the_same_in_every_replay_and_can_be_rewound():
    run = Run(RunConfig(dataset="plane", sizes=(2, 4, 1), activations="identity", loss="mse", learning_rate=30.0))
    with np.errstate(all="ignore"):
        run.advance(steps=2000)
        where = run.step
        assert 0 < where < 2000 and "broke" in run.stopped and f"update {where:,}" in run.stopped
        again = Run.from_json(run.to_json())
        assert again.advance(steps=2000) == 0
        assert again.stopped == run.stopped
        assert run.goto(0).stopped is None
        calmer = run.change(learning_rate=0.001)
        assert calmer is not run and calmer.advance(steps=100) == 100
        assert again.change(learning_rate=1e-12).stopped is None, "a change deserves another try"


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": (64, 10)},
        {"learning_rate": -1.0},
        {"learning_rate": float("nan")},
        {"batch_size": 0},
        {"batch_size": "half"},
        {"optimizer": "sorcery"},
        {"optimizer": "momentum", "optimizer_args": {"momentum": 2.0}},
        {"bug": ("nope",)},
        {"stop": {"whim": 1}},
        {"no_such": 1},
    ],
)
def test_bad_changes_are_refused_before_anything_changes(change):
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=3)
    before = run.state_fingerprint()
    with pytest.raises(ValueError, match=next(iter(change))):
        run.change(**change)
    assert run.state_fingerprint() == before and run.events == ()


@pytest.mark.parametrize("kind, values", [
    ("parameter", dict(layer=9, array="W", index=(0, 0), value=1.0)),
    ("parameter", dict(layer=0, array="V", index=(0, 0), value=1.0)),
    ("parameter", dict(layer=0, array="W", index=(0,), value=1.0)),
    ("parameter", dict(layer=0, array="W", index=(0, 99), value=1.0)),
    ("parameter", dict(layer=0, array="W", index=(0, 0), value=float("nan"))),
    ("unit", dict(layer=1, index=0, on=False)),
    ("unit", dict(layer=0, index=0, on=1)),
    ("riddle", {}),
])  # fmt: skip
def test_bad_events_are_refused_with_a_sentence(kind, values):
    with pytest.raises(ValueError, match=r"[.]$"):
        Run(RunConfig(**DIGITS, activations="sigmoid")).propose(kind, **values)


def test_saved_text_is_checked():
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=4)
    run.change(l1=0.001)
    saved = json.loads(run.to_json())
    for broken, words in [
        ("{", "JSON"),
        ("[]", "saved run"),
        (json.dumps({**saved, "format": 99}), "format"),
        (json.dumps({**saved, "events": [{"step": 900, "kind": "change", "values": {"l1": 0.5}}]}), "beyond"),
        (json.dumps({**saved, "events": [{"step": 2, "kind": "change", "values": {"l1": -1}}]}), "l1"),
        (json.dumps({**saved, "config": {**saved["config"], "sizes": [1]}}), "sizes"),
    ]:
        with pytest.raises(ValueError, match=words):
            Run.from_json(broken)
    with pytest.raises(Exception, match="other data"):
        Run.from_json(json.dumps({**saved, "dataset_sha256": "0" * 64}))


def test_checkpoints_stay_within_their_memory_and_keep_the_ends():
    state = {"arrays": {"0.W": np.zeros(1000, np.float32)}}
    kept = Checkpoints(memory=20 * 4500)
    for step in range(0, 100_000, 1000):
        kept.add(step, state, step / 1000)
    assert kept.bytes <= 20 * 4500 and kept.steps()[0] == 0 and kept.steps()[-1] == 99_000
    gaps = np.diff(kept.steps())
    assert gaps.max() <= 20_000
    assert kept.before(99_500)[0] == 99_000 and kept.before(0)[0] == 0


def test_events_round_trip_and_bad_ones_are_refused():
    event = Event(3, "unit", {"layer": 0, "index": 1, "on": False})
    assert Event.from_dict(json.loads(json.dumps(event.to_dict()))) == event
    for broken in ([], {"step": 1}, {"step": -1, "kind": "unit", "values": {}}, {"step": 1, "kind": "x", "values": {}}):
        with pytest.raises(ValueError, match=r"[.]$"):
            Event.from_dict(broken)


def test_looking_is_read_only():
    run = Run(RunConfig(**DIGITS, activations="sigmoid"))
    run.advance(steps=9)
    view = View(run)
    for array in (view.network.layers[0].W, view.network.layers[0].b):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("name", PROBES)
def test_probes_stay_within_their_size(name):
    run = Run("digits")
    run.advance(steps=50)
    found = PROBES[name](View(run))
    assert sum(value.nbytes for value in found.values() if isinstance(value, np.ndarray)) <= PROBES[name].max_bytes


def test_a_long_way_back_leaves_checkpoints_and_the_same_bits(monkeypatch):
    monkeypatch.setattr("nn_core.playback.SPACING", 0.0)
    run = Run(CONFIGS["per sample"])
    run.advance(steps=700)
    run.change(learning_rate=0.05)
    run.advance(steps=1300)
    known = {step: run.at(step) for step in (0, 31, 32, 33, 700, 701, 1999)}
    back = Run.from_json(run.to_json())
    back._checkpoints = back._checkpoints.upto(0)
    for step in (1999, 33, 700, 31, 701, 32, 0):
        back.goto(step)
        np.testing.assert_array_equal(back.network.layers[0].W, known[step].layers[0].W)
    assert len(back.kept()) > 3
    assert back.goto(2000).state_fingerprint() == run.state_fingerprint()


def test_all_checkpoints_obey_a_new_limit():
    run = Run(CONFIGS["adam"])
    state = run._now.state()
    for step in range(1, 200):
        run._checkpoints.add(step, state, float(step))
    run.limit_checkpoints(100_000)
    assert run._checkpoints.bytes <= 100_000 and run.kept()[0] == 0 and run.kept()[-1] == 199


def test_earlier_checkpoints_come_back_with_a_stored_run():
    run = Run(CONFIGS["batches"])
    run.advance(steps=50)
    stored = []
    for step in (10, 30, 50):
        run.goto(step)
        run._checkpoints.add(step, run._now.state(), step / 10)
        stored.append(run.checkpoint()[1])
    back = Run.restore(
        run.config, [], 50, checkpoint=stored[-1], curves=run.curve_bytes(), earlier=[*stored[:2], b"nonsense"]
    )
    assert {10, 30, 50} <= set(back.kept())
    assert back.goto(37).state_fingerprint() == run.goto(37).state_fingerprint()
