"""Every optimizer: PyTorch's own trajectory, one update by hand, what it leaves alone, and what is refused."""

import json

import numpy as np
import pytest

from nn_core import OPTIMIZERS, Dense, Network
from tests.oracle_figures import trajectories

EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


def test_the_table_is_complete():
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
    for name, optimizer in OPTIMIZERS.items():
        assert optimizer.name == name and optimizer.formula and optimizer.source and optimizer.__doc__
        assert {"learning_rate", "weight_decay"} <= set(optimizer.arguments)
        for argument in optimizer.arguments.values():
            assert argument.check("it", argument.default) == argument.default and argument.words


def followed(way, dtype=np.float64):
    """Our own full-batch training along one of the oracle's ways: {step: [(W, b) ...]} and the losses."""
    layers = [Dense(W.astype(dtype), b.astype(dtype), f) for (W, b), f in zip(way.at(0), way.activations, strict=True)]
    net, optimizer = Network(layers), OPTIMIZERS[way.optimizer](**way.arguments)
    slots = [{name: optimizer.slots(array) for name, array in layer._parameters().items()} for layer in layers]
    found, losses = {}, []
    for step in range(1, max(way.steps) + 1):
        traces = net.forward(way.x)
        losses.append(net.loss(traces, way.y, way.loss))
        grads = net.backward(traces, way.y, way.loss)
        for layer, grad, slot in zip(net.layers, grads, slots, strict=True):
            for name, array in layer._parameters().items():
                optimizer.update(array, grad.of(name), slot[name], step)
        if step in way.steps:
            found[step] = [(layer.W.copy(), layer.b.copy()) for layer in net.layers]
    return found, losses


@pytest.mark.parametrize("way", trajectories(), ids=lambda way: way.name)
def test_the_trajectory_is_pytorchs(way):
    found, losses = followed(way)
    for step in way.steps:
        for (W, b), (right_W, right_b) in zip(found[step], way.at(step), strict=True):
            assert pytest.approx(right_W, rel=1e-10, abs=1e-12) == W
            assert b == pytest.approx(right_b, rel=1e-10, abs=1e-12)
    assert losses == pytest.approx(way.losses[: len(losses)].tolist(), rel=1e-10)


@pytest.mark.parametrize("way", trajectories(), ids=lambda way: way.name)
def test_the_trajectory_in_float32(way):
    found, _ = followed(way, np.float32)
    for step in way.steps:
        for (W, b), (right_W, right_b) in zip(found[step], way.at(step), strict=True):
            assert W.dtype == b.dtype == np.float32
            assert pytest.approx(right_W, abs=2e-4) == W and pytest.approx(right_b, abs=2e-4) == b


def test_one_step_of_sgd_by_hand():
    """One unit, one sample: x = 2, W = 0.5, b = 1, identity, squared error, target 1.

    z = a = 2 · 0.5 + 1 = 2, loss = (2 − 1)² = 1; dz = 2 (2 − 1) = 2, dW = x dz = 4, db = dz = 2, dx = dz W = 1.
    With a learning rate of 0.1, W becomes 0.5 − 0.4 = 0.1 and b becomes 1 − 0.2 = 0.8.
    """
    net = Network([Dense([[0.5]], [1.0], "identity")])
    traces = net.forward([[2.0]])
    assert traces[0].z.tolist() == traces[0].a.tolist() == [[2.0]]
    assert net.loss(traces, [[1.0]], "mse") == 1.0
    grad = net.backward(traces, [[1.0]], "mse")[0]
    assert (grad.dz.item(), grad.dW.item(), grad.db.item(), grad.dx.item()) == (2.0, 4.0, 2.0, 1.0)
    W, b, sgd = net.layers[0].W.copy(), net.layers[0].b.copy(), OPTIMIZERS["sgd"](learning_rate=0.1)
    sgd.update(W, grad.dW, {}, 1)
    sgd.update(b, grad.db, {}, 1)
    assert W.item() == pytest.approx(0.1) and b.item() == pytest.approx(0.8)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_updates_are_in_place_and_leave_the_gradient_alone(name, dtype):
    optimizer = OPTIMIZERS[name](learning_rate=0.1, weight_decay=0.01)
    rng = np.random.default_rng(0)
    parameter, gradient = rng.standard_normal((3, 4)).astype(dtype), rng.standard_normal((3, 4)).astype(dtype)
    start, kept = parameter.copy(), gradient.copy()
    gradient.flags.writeable = False
    slots = optimizer.slots(parameter)
    arrays = dict(slots)
    for step in (1, 2):
        optimizer.update(parameter, gradient, slots, step)
    assert parameter.dtype == dtype and (parameter != start).all() and (gradient == kept).all()
    for key, array in slots.items():
        assert array is arrays[key] and array.dtype == dtype and array.shape == (3, 4)


@EVERY
def test_a_learning_rate_of_zero_moves_nothing(name):
    optimizer = OPTIMIZERS[name](learning_rate=0.0)
    parameter = np.ones(3, np.float32)
    slots = optimizer.slots(parameter)
    optimizer.update(parameter, np.ones(3, np.float32), slots, 1)
    assert parameter.tolist() == [1.0, 1.0, 1.0]


@EVERY
def test_a_gradient_of_zero_does_no_harm(name):
    optimizer = OPTIMIZERS[name](learning_rate=0.1, weight_decay=0.0)
    parameter = np.ones(3, np.float32)
    slots = optimizer.slots(parameter)
    for step in range(1, 5):
        optimizer.update(parameter, np.zeros(3, np.float32), slots, step)
    assert parameter.tolist() == [1.0, 1.0, 1.0]


@EVERY
def test_slots_from_a_checkpoint_go_on_identically(name):
    """All that an optimizer remembers is in its slots: copies of them, and a new optimizer, continue bit for bit."""
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((10, 4)).astype(np.float32)
    whole, first = OPTIMIZERS[name](), OPTIMIZERS[name]()
    a, b = np.ones(4, np.float32), np.ones(4, np.float32)
    slots_a, slots_b = whole.slots(a), first.slots(b)
    for step, gradient in enumerate(gradients, start=1):
        whole.update(a, gradient, slots_a, step)
        if step == 5:
            first, slots_b = OPTIMIZERS[name](), {key: array.copy() for key, array in slots_b.items()}
        first.update(b, gradient, slots_b, step)
    assert a.tobytes() == b.tobytes()


@EVERY
def test_the_learning_rate_can_be_set(name):
    optimizer = OPTIMIZERS[name](learning_rate=0.5)
    optimizer.learning_rate = np.float64(0.25)
    assert type(optimizer.learning_rate) is float and "learning_rate=0.25" in repr(optimizer)
    with pytest.raises(ValueError, match="learning_rate is -1"):
        optimizer.learning_rate = -1
    with pytest.raises(AttributeError, match=f"{name} has no 'rate'"):
        optimizer.rate = 1
    assert json.dumps({argument: getattr(optimizer, argument) for argument in optimizer.arguments})


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("sgd", {"learning_rate": -0.1}, "sgd: learning_rate is -0.1, but must be at least 0"),
        ("sgd", {"learning_rate": float("inf")}, "finite"),
        ("sgd", {"learning_rate": None}, "learning_rate is None, but must be a number"),
        ("sgd", {"momentum": 0.9}, "sgd does not take 'momentum'; it takes learning_rate, weight_decay"),
        ("momentum", {"momentum": 1.0}, "momentum: momentum is 1, but must be at least 0 and below 1"),
        ("adam", {"beta2": 1.5}, "adam: beta2 is 1.5, but must be at least 0 and below 1"),
        ("adam", {"epsilon": 0.0}, "adam: epsilon is 0, but must be above 0"),
        ("rmsprop", {"rho": -0.1}, "rmsprop: rho is -0.1"),
        ("adamw", {"weight_decay": -1}, "adamw: weight_decay is -1"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(name, arguments, says):
    with pytest.raises(ValueError, match=says):
        OPTIMIZERS[name](**arguments)
