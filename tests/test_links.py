"""Links carry a run's choices: readable, the same run on the other side, and a sentence for whatever is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core import DATASETS, INITIALIZERS, OPTIMIZERS, PRESETS, Run, RunConfig
from nn_core.fitting import fitted
from nn_core.gallery import GALLERY
from nn_core.links import from_query, to_query
from nn_core.presets import PLAYGROUND

PLANE = [name for name, source in DATASETS.items() if source.kind == "plane"]


def same_run(one: RunConfig, other: RunConfig) -> bool:
    """Whether two configurations are the same but for arguments of their data that are left out and the usual ones."""
    full = [
        config.replace(dataset_args=DATASETS[config.dataset].checked(**config.dataset_args)) for config in (one, other)
    ]
    return full[0] == full[1]


def test_the_starting_point_needs_no_words():
    assert to_query(PLAYGROUND) == {}
    assert from_query({}) == PLAYGROUND


def test_a_link_is_short_and_readable():
    config = fitted(PLAYGROUND, dataset="spiral", hidden=(8, 8), learning_rate=0.01, optimizer="adam")
    assert to_query(config) == {"data": "spiral", "net": "8-8", "opt": "adam", "rate": "0.01"}


@pytest.mark.parametrize("name", [name for name, config in PRESETS.items() if config.dataset in PLANE])
def test_every_preset_on_the_plane_comes_back(name):
    assert same_run(from_query(to_query(PRESETS[name])), PRESETS[name])


@pytest.mark.parametrize("name", GALLERY)
def test_every_gallery_entry_comes_back(name):
    assert same_run(from_query(to_query(GALLERY[name].config)), GALLERY[name].config)


@settings(max_examples=60, deadline=None)
@given(
    data=st.sampled_from(PLANE),
    hidden=st.lists(st.integers(1, 16), max_size=8),
    names=st.lists(st.sampled_from(["tanh", "relu", "sigmoid", "identity", "gelu"]), min_size=8, max_size=8),
    rate=st.floats(1e-5, 10),
    batch=st.one_of(st.integers(2, 1000), st.just("full")),
    l2=st.floats(0, 1),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    init=st.sampled_from(list(INITIALIZERS)),
    seed=st.integers(0, 2**32 - 1),
    loss=st.sampled_from([None, "mse", "cross_entropy", "binary_cross_entropy"]),
    share=st.integers(10, 90),
    inputs=st.sets(st.sampled_from(["x1", "x2", "x1^2", "sin_x2"]), min_size=1),
    stop=st.dictionaries(st.just("accuracy"), st.floats(0, 1)),
)
def test_any_run_on_the_plane_comes_back(
    data, hidden, names, rate, batch, l2, optimizer, init, seed, loss, share, inputs, stop
):
    changes = dict(
        dataset=data,
        dataset_args={"train_share": share, "features": sorted(inputs)},
        hidden=hidden,
        hidden_activations=names[: len(hidden)],
        learning_rate=rate,
        batch_size=batch,
        l2=l2,
        optimizer=optimizer,
        init=init,
        init_args={},
        seed=seed,
        stop=stop,
    )
    if loss is not None:
        changes["loss"] = loss
    try:
        config = fitted(PLAYGROUND, **changes)
    except ValueError:
        return  # a loss that does not fit the data, or an initializer that does not fit a width
    assert same_run(from_query(to_query(config)), config)


def test_own_dots_travel_exactly():
    points = [[-6.0, 6.0, 0], [5.999, -0.001, 1], [0.0, 1.234, 2], [2.5, -2.5, 1]]
    config = fitted(PLAYGROUND, dataset="points", dataset_args={"points": points})
    assert from_query(to_query(config)).dataset_args["points"] == points
    one, other = Run(config), Run(from_query(to_query(config)))
    one.advance(steps=20)
    other.advance(steps=20)
    assert one.fingerprint() == other.fingerprint()


def test_settings_in_force_are_what_a_link_carries():
    run = Run(PLAYGROUND)
    run.change(learning_rate=0.3, stop={"accuracy": 0.9})
    words = to_query(run.config, run.settings)
    assert words == {"rate": "0.3", "stop": "accuracy:0.9"}
    assert from_query(words).learning_rate == 0.3


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"rate": "quick"}, "rate"),
        ({"rate": "5000"}, "learning_rate"),
        ({"data": "mnist"}, "data"),
        ({"data": "../etc/passwd"}, "data"),
        ({"net": "4-x"}, "net"),
        ({"net": "-".join(["4"] * 40)}, "sizes"),
        ({"net": "100000"}, "sizes"),
        ({"act": "softmax"}, "softmax"),
        ({"act": "nonsense"}, "activations"),
        ({"dots": "abc"}, "dots"),
        ({"dots": "!!!!!!!" * 5}, "dots"),
        ({"data": "points", "dots": "zzzzzz0" * 5}, "Point 1"),
        ({"dots": "a" * 20_000}, "dots"),
        ({"noise": "99"}, "noise"),
        ({"n": "1e9"}, "n is"),
        ({"stop": "accuracy"}, "stop"),
        ({"stop": "luck:1"}, "luck"),
        ({"opt": "magic"}, "optimizer"),
        ({"biases": "perhaps"}, "biases"),
        ({"out": "relux"}, "activations"),
        ({"seed": "-1"}, "seed"),
        ({"in": "x9"}, "features"),
    ],
)
def test_whatever_is_wrong_in_a_link_is_said(words, named):
    with pytest.raises(ValueError, match=named):
        from_query(words)


def test_runs_on_pictures_have_no_readable_link():
    with pytest.raises(ValueError, match="plane"):
        to_query(RunConfig())
