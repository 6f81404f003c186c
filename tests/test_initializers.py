"""Every initializer: shape, spread, seed, dtype, and what is refused."""

import math

import numpy as np
import pytest

from nn_core import INITIALIZERS

FAN_IN, FAN_OUT = 300, 200
SPREAD = {
    "glorot_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "glorot_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_uniform": math.sqrt(2 / FAN_IN),
    "he_normal": math.sqrt(2 / FAN_IN),
    "lecun_uniform": math.sqrt(1 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "fan_out_normal": math.sqrt(1 / FAN_OUT),
    "orthogonal": math.sqrt(1 / FAN_IN),
    "normal": 0.1,
    "uniform": 1 / math.sqrt(12),
    "constant": 0.0,
    "zeros": 0.0,
}
EVERY = pytest.mark.parametrize("name", INITIALIZERS)


def draw(name, fan_in=FAN_IN, fan_out=FAN_OUT, seed=0, dtype=np.float64, **arguments):
    return INITIALIZERS[name](fan_in, fan_out, np.random.default_rng(seed), dtype, **arguments)


def test_the_table_is_complete():
    assert set(INITIALIZERS) == set(SPREAD)
    for name, initializer in INITIALIZERS.items():
        assert initializer.name == name and initializer.formula and initializer.source and name in repr(initializer)


@EVERY
def test_spread_and_middle(name):
    W = draw(name)
    assert W.shape == (FAN_IN, FAN_OUT)
    assert W.std() == pytest.approx(SPREAD[name], rel=0.02, abs=1e-12)
    assert W.mean() == pytest.approx(0.1 if name == "constant" else 0.0, abs=0.005)


@EVERY
def test_the_seed_says_it_all(name):
    W = draw(name)
    assert (draw(name) == W).all()
    assert (draw(name, seed=1) == W).all() == (name in ("zeros", "constant"))
    single = draw(name, dtype=np.float32)
    assert single.dtype == np.float32 and (single == W.astype(np.float32)).all() and single.flags.c_contiguous


@EVERY
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_thin_layers(name, shape):
    W = draw(name, *shape)
    assert W.shape == shape and np.isfinite(W).all()


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform", "lecun_uniform"])
def test_uniform_ones_stay_inside_their_limit(name):
    limit = SPREAD[name] * math.sqrt(3)
    W = draw(name)
    assert np.abs(W).max() <= limit and np.abs(W).max() > 0.99 * limit


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthogonal(shape):
    W = draw("orthogonal", *shape, gain=2.0)
    small = min(shape)
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    assert product == pytest.approx(4.0 * np.eye(small), abs=1e-12)


def test_arguments():
    assert (draw("constant", value=3.0) == 3.0).all()
    assert draw("normal", mean=5.0, std=0.0).tolist() == np.full((FAN_IN, FAN_OUT), 5.0).tolist()
    W = draw("uniform", low=2.0, high=3.0)
    assert W.min() >= 2.0 and W.max() < 3.0
    for initializer in INITIALIZERS.values():
        for argument in initializer.arguments.values():
            assert argument.check("it", argument.default) == argument.default and argument.words


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("zeros", {"std": 1.0}, "zeros does not take 'std'; it takes no arguments"),
        ("normal", {"std": -1.0}, "normal: std is -1, but must be at least 0 and at most 100"),
        ("normal", {"std": float("nan")}, "normal: std is nan, but must be a finite number"),
        ("normal", {"std": "wide"}, "normal: std is 'wide', but must be a number"),
        ("normal", {"std": True}, "must be a number"),
        ("uniform", {"low": 1.0, "high": 0.0}, "low must not be above high"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(name, arguments, says):
    with pytest.raises(ValueError, match=says):
        draw(name, **arguments)
