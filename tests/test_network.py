"""The network: both passes against the oracle and finite differences, batch norm, dropout, units that are off."""

import itertools
import warnings

import numpy as np
import pytest

from nn_core import ACTIVATIONS, INITIALIZERS, LOSSES, Dense, Grads, Network, Trace, check_gradients
from nn_core.losses import one_hot
from nn_core.network import BatchNorm, Training
from tests.oracle_figures import gradient_cases

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
OUTPUTS = [(loss, output) for loss, entry in LOSSES.items() for output in entry.outputs]


def targets(loss, n, outputs, rng, output=""):
    labels = rng.integers(0, outputs, n)
    if loss == "cross_entropy":
        return labels
    if loss == "binary_cross_entropy":
        return rng.integers(0, 2, (n, outputs)).astype(float)
    return one_hot(labels, outputs, np.float64) if output == "softmax" else rng.standard_normal((n, outputs))


def network(hidden="tanh", output="softmax", **choices):
    choices = {"bias_init": "normal", "seed": 2, "dtype": np.float64} | choices
    return Network.create((4, 6, 5, 3), (hidden, hidden, output), **choices)


def data(n=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 4)), rng.integers(0, 3, n)


# The passes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", gradient_cases(), ids=lambda case: case.name)
def test_both_passes_agree_with_the_oracle(case):
    close = {"rel": 1e-10, "abs": 1e-13}
    traces = case.network.forward(case.x)
    assert case.network.loss(traces, case.y, case.loss) == pytest.approx(case.value, rel=1e-12)
    grads = case.network.backward(traces, case.y, case.loss)
    for l, (trace, grad) in enumerate(zip(traces, grads, strict=True)):
        assert trace.z == pytest.approx(case.found("z", l), **close)
        assert trace.a == pytest.approx(case.found("a", l), **close)
        assert grad.dz == pytest.approx(case.found("dz", l), **close)
        assert grad.dW == pytest.approx(case.found("dW", l), **close)
        assert grad.db == pytest.approx(case.found("db", l), **close)
    assert grads[0].dx == pytest.approx(case.dx, **close)
    assert (case.network(case.x) == traces[-1].a).all()


@pytest.mark.parametrize("case", gradient_cases(), ids=lambda case: case.name)
def test_float32_follows_the_oracle_and_stays_float32(case):
    net = case.network.copy(np.float32)
    traces = net.forward(case.x)
    assert net.loss(traces, case.y, case.loss) == pytest.approx(case.value, rel=1e-4)
    for l, (trace, grad) in enumerate(zip(traces, net.backward(traces, case.y, case.loss), strict=True)):
        for array in (*trace[:3], *grad[:4]):
            assert array.dtype == np.float32
        assert grad.dW == pytest.approx(case.found("dW", l), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_every_activation_output_loss_and_batch_size(hidden, loss, output, n):
    rng = np.random.default_rng([n, HIDDEN.index(hidden), OUTPUTS.index((loss, output))])
    net = Network.create((3, 4, 3, 2), (hidden, hidden, output), bias_init="normal", seed=5, dtype=np.float64)
    report = check_gradients(net, rng.standard_normal((n, 3)), targets(loss, n, 2, rng, output), loss)
    assert report.ok, f"\n{report}"


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_one_unit_layers_and_no_biases(loss, output):
    rng = np.random.default_rng(0)
    net = Network.create((1, 1, 1), ("tanh", output), bias=False, seed=1, dtype=np.float64)
    assert net.layers[0].b is None
    x, y = rng.standard_normal((4, 1)), targets(loss, 4, 1, rng, output)
    grads = net.backward(net.forward(x), y, loss)
    assert grads[0].db is None and check_gradients(net, x, y, loss).ok


def test_softmax_in_a_hidden_layer():
    x, y = data()
    assert check_gradients(network("softmax"), x, y, "cross_entropy").ok


def test_dx_is_the_slope_along_the_inputs():
    net, (x, y) = network(), data(3)
    dx = net.backward(net.forward(x), y, "cross_entropy")[0].dx
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        slope = (net.loss(net.forward(up), y, "cross_entropy") - net.loss(net.forward(down), y, "cross_entropy")) / 2e-6
        assert dx[index] == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_the_loss_is_the_mean_of_the_rows(loss, output):
    rng = np.random.default_rng(4)
    net, x, y = network(output=output), rng.standard_normal((6, 4)), targets(loss, 6, 3, rng, output)
    traces = net.forward(x)
    rows = net.row_losses(traces, y, loss)
    assert rows.shape == (6,) and rows.mean() == pytest.approx(net.loss(traces, y, loss))
    assert net.loss(traces, y, loss) == pytest.approx(LOSSES[loss].value(traces[-1].a, y))
    for i in range(6):
        assert net.loss(net.forward(x[i : i + 1]), y[i : i + 1], loss) == pytest.approx(rows[i])


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_a_batch_in_pieces_adds_up(loss, output):
    """Large batches are worked through in pieces; the mean still goes over all rows."""
    rng = np.random.default_rng(4)
    net, x, y = network(output=output), rng.standard_normal((6, 4)), targets(loss, 6, 3, rng, output)
    whole = net.backward(net.forward(x), y, loss)
    entry = LOSSES[loss]
    pieces = [net._backward(net._forward(x[part]), y[part], entry, n=6) for part in (slice(0, 4), slice(4, 6))]
    for l, grad in enumerate(whole):
        assert pieces[0][l].dW + pieces[1][l].dW == pytest.approx(grad.dW)
        assert pieces[0][l].db + pieces[1][l].db == pytest.approx(grad.db)
    assert pieces[0][0].dx is None, "no update needs it, so that it is not computed"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("output", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")])
def test_logits_of_ten_thousand(output, loss, dtype):
    net = Network([Dense(np.array([[1e4, -1e4]], dtype), None, output)])
    y = np.array([1, 0]) if loss == "cross_entropy" else np.array([[0.0, 1.0], [1.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        traces = net.forward(np.ones((2, 1)))
        value, grad = net.loss(traces, y, loss), net.backward(traces, y, loss)[0]
    assert value == pytest.approx(1e4 if loss == "cross_entropy" else 5e3)
    assert all(np.isfinite(array).all() for array in (grad.dz, grad.dW, grad.dx))


def test_passes_change_nothing_and_hand_out_read_only_arrays():
    net, (x, y) = network(dropout=0.5, batch_norm=True), data()
    before = [array.tobytes() for layer in net.layers for array in layer._parameters().values()]
    kept = x.copy()
    training = Training(masks=(np.ones((8, 6)), np.ones((8, 5)), None))
    traces = net.forward(x, training=training)
    grads = net.backward(traces, y, "cross_entropy")
    assert isinstance(traces[0], Trace) and isinstance(grads[0], Grads)
    for record in (*traces, *grads):
        for array in _arrays(record):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    assert before == [array.tobytes() for layer in net.layers for array in layer._parameters().values()]
    assert (x == kept).all() and x.flags.writeable
    assert (net.layers[0].norm.running_mean == 0).all() and (net.layers[0].norm.running_var == 1).all()


def _arrays(record):
    for value in record:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, tuple):
            yield from _arrays(value)


# Making networks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("init", INITIALIZERS)
def test_create_draws_every_layer_from_its_own_stream(init):
    net = Network.create((4, 3, 2), ("tanh", "softmax"), init=init, seed=7)
    for l, layer in enumerate(net.layers):
        W = INITIALIZERS[init](layer.fan_in, layer.fan_out, np.random.default_rng([7, 0, l]), np.float32)
        assert layer.W.tobytes() == W.tobytes() and layer.W.dtype == np.float32
        assert (layer.b == 0).all() and layer.b.shape == (layer.fan_out,)
    wider = Network.create((4, 3, 9), ("tanh", "softmax"), init=init, seed=7)
    assert wider.layers[0].W.tobytes() == net.layers[0].W.tobytes() or init.startswith("orthogonal")


def test_create_with_choices():
    net = Network.create(
        (4, 3, 3, 2),
        ("tanh", "relu", "softmax"),
        init="uniform",
        init_args={"low": 2.0, "high": 3.0},
        bias_init="constant",
        bias_args={"value": 0.5},
        dropout=0.25,
        batch_norm=True,
        dtype=np.float64,
    )
    assert net.sizes == (4, 3, 3, 2) and net.activations == ("tanh", "relu", "softmax") and net.dtype == np.float64
    assert all(layer.W.min() >= 2.0 and (layer.b == 0.5).all() for layer in net.layers)
    assert [layer.dropout for layer in net.layers] == [0.25, 0.25, 0.0]
    assert [layer.norm is not None for layer in net.layers] == [True, True, False]
    assert net.parameter_count == (4 * 3 + 3 + 6) + (3 * 3 + 3 + 6) + (3 * 2 + 2)
    assert repr(net) == "Network(4 → 3 → 3 → 2, tanh, relu, softmax, float64)"
    assert repr(net.layers[0]) == "Dense(4 → 3, tanh, batch norm, dropout 0.25)"


def test_arrays_are_copied_in_and_read_only_out():
    W, b = np.ones((2, 3)), np.zeros(3)
    layer = Dense(W, b, "relu")
    W[...] = 7
    assert (layer.W == 1).all() and layer.dtype == np.float64 and (layer.fan_in, layer.fan_out) == (2, 3)
    for array in (layer.W, layer.b):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
    assert Dense([[1, 2]], None, "relu").dtype == np.float32, "whole numbers become the default dtype"


def test_copies_stand_alone_and_keep_everything():
    net = network(dropout=0.5, batch_norm=True)
    layer = Dense(net.layers[0].W, None, "relu", units_on=np.array([True, False] * 3))
    twin = layer.copy(np.float32)
    assert twin.dtype == np.float32 and twin.units_on.tolist() == [True, False] * 3 and twin.b is None
    twin = net.copy()
    for array in twin.layers[0]._parameters().values():
        array += 1.0
    twin.layers[0].norm._running_mean += 1.0
    assert (twin.layers[0].W != net.layers[0].W).all() and (twin.layers[0].b != net.layers[0].b).all()
    assert (net.layers[0].norm.gamma == 1).all() and (net.layers[0].norm.running_mean == 0).all()
    assert twin.layers[0].dropout == 0.5


def test_a_diverged_network_can_be_copied():
    net = network()
    net.layers[0]._W[0, 0] = np.inf
    assert np.isinf(net.copy().layers[0].W[0, 0])


def test_a_weight_shown_mid_block_is_brought_up_to_date_first():
    net, (x, _) = network(), data()

    def sync():
        net.layers[0]._W = np.zeros_like(net.layers[0]._W)

    net.layers[0]._sync = sync
    assert (net.layers[0].W == 0).all() and (net.copy().layers[0].W == 0).all()
    assert (net.forward(x)[0].z == net.layers[0].b).all()


# Batch norm, dropout, units that are off -----------------------------------------------------------------------------


def normed(running=False):
    net = network(batch_norm=True)
    rng = np.random.default_rng(9)
    for layer in net.layers[:2]:
        layer.norm._gamma[...] = rng.uniform(0.5, 2.0, layer.fan_out)
        layer.norm._beta[...] = rng.standard_normal(layer.fan_out)
        if running:
            layer.norm._running_mean[...] = rng.standard_normal(layer.fan_out)
            layer.norm._running_var[...] = rng.uniform(0.5, 2.0, layer.fan_out)
    return net


def test_batch_norm_in_training_uses_the_batch():
    net, (x, y) = normed(), data()
    trace = net.forward(x, training=Training())[0]
    layer, extras = net.layers[0], trace.extras
    linear = x @ layer.W + layer.b
    normal = (linear - linear.mean(axis=0)) / np.sqrt(linear.var(axis=0) + 1e-5)
    assert extras.linear == pytest.approx(linear) and extras.normal == pytest.approx(normal)
    assert extras.mean == pytest.approx(linear.mean(axis=0)) and extras.variance == pytest.approx(linear.var(axis=0))
    assert trace.z == pytest.approx(layer.norm.gamma * normal + layer.norm.beta)
    assert trace.a == pytest.approx(np.tanh(trace.z))
    report = check_gradients(net, x, y, "cross_entropy")
    assert report.ok and {entry.array for entry in report} == {"W", "b", "gamma", "beta"}, f"\n{report}"


def test_batch_norm_in_prediction_uses_the_running_averages():
    net, (x, y) = normed(running=True), data(1)
    norm, trace = net.layers[0].norm, net.forward(x)[0]
    linear = x @ net.layers[0].W + net.layers[0].b
    expected = norm.gamma * (linear - norm.running_mean) / np.sqrt(norm.running_var + 1e-5) + norm.beta
    assert trace.z == pytest.approx(expected) and not trace.extras.batch
    assert check_gradients(net, x, y, "cross_entropy").ok, "one row: the gradients of a prediction"


def test_running_averages_follow_as_documented():
    net, (x, _) = normed(), data()
    norm = net.layers[0].norm
    linear = x @ net.layers[0].W + net.layers[0].b
    norm.follow(net.forward(x, training=Training())[0].extras)
    assert norm.running_mean == pytest.approx(0.1 * linear.mean(axis=0))
    assert norm.running_var == pytest.approx(0.9 + 0.1 * linear.var(axis=0, ddof=1))


def test_batch_norm_refuses_to_train_on_one_row():
    with pytest.raises(ValueError, match="one row, but batch norm needs at least two"):
        normed().forward(data(1)[0], training=Training())


def masks(net, n, seed=0):
    rng = np.random.default_rng(seed)
    return Training((*((rng.random((n, layer.fan_out)) > 0.4) / 0.6 for layer in net.layers[:-1]), None))


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_dropout_multiplies_and_its_gradients_hold(hidden, batch_norm):
    net, (x, y) = network(hidden, dropout=0.4, batch_norm=batch_norm), data()
    training = masks(net, 8)
    traces = net.forward(x, training=training)
    active = ACTIVATIONS[hidden].value(traces[0].z)
    assert traces[0].a == pytest.approx(active * training.masks[0]) and traces[0].extras.active == pytest.approx(active)
    report = check_gradients(net, x, y, "cross_entropy", training=training)
    assert report.ok, f"\n{report}"


def test_dropout_is_off_at_prediction():
    net, bare, (x, _) = network(dropout=0.5), network(), data()
    assert (net(x) == bare(x)).all() and (net.forward(x)[-1].a == bare(x)).all()
    assert (net.forward(x, training=Training())[-1].a == bare(x)).all(), "no masks, no dropout"
    assert net.forward(x)[0].extras is None


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_unit_that_is_off_puts_out_nothing_and_learns_nothing(batch_norm):
    net, (x, y) = network("sigmoid", batch_norm=batch_norm), data()
    on = np.array([True, False, True, True, False, True])
    net.layers[0]._set_units(on)
    traces = net.forward(x)
    assert (traces[0].a[:, ~on] == 0).all() and (traces[0].a[:, on] != 0).all()
    grad = net.backward(traces, y, "cross_entropy")[0]
    assert (grad.dW[:, ~on] == 0).all() and (grad.db[~on] == 0).all()
    assert check_gradients(net, x, y, "cross_entropy", training=masks(net, 8)).ok
    net.layers[0]._set_units(np.ones(6, bool))
    assert net.layers[0].units_on is None


# Refusals ------------------------------------------------------------------------------------------------------------

W = np.ones((2, 3))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Dense(np.ones(3), None, "relu"), r"W has shape \(3,\)"),
        (lambda: Dense(np.ones((0, 3)), None, "relu"), "at least one input and one unit"),
        (lambda: Dense([["a"]], None, "relu"), "must be numbers"),
        (lambda: Dense([[np.nan]], None, "relu"), "W holds NaN"),
        (lambda: Dense(W, np.ones(2), "relu"), r"b has shape \(2,\), but W has 3 columns"),
        (lambda: Dense(W, None, "swish"), "no activation named 'swish'; choose one of: identity, sigmoid"),
        (lambda: Dense(W, None, "relu", dropout=1.0), "dropout is 1.0, but must be at least 0 and below 1"),
        (lambda: Dense(W, None, "relu", dropout="half"), "dropout is 'half', but must be a number"),
        (lambda: Dense(W, None, "relu", units_on=[1, 0, 1]), r"units_on .* must be \(3,\) booleans"),
        (lambda: Dense(W, None, "relu", norm=True), "norm is True, but must be None or a BatchNorm"),
        (lambda: Dense(W, None, "relu", norm=BatchNorm(np.ones(2), np.ones(2))), "norm has 2 units"),
        (lambda: BatchNorm(np.ones(2), np.ones(3)), "beta has shape"),
        (lambda: BatchNorm(np.ones(2), np.ones(2), epsilon=0), "epsilon is 0, but must be above 0"),
        (lambda: BatchNorm(np.ones(2), np.ones(2), momentum=2), "momentum is 2"),
        (lambda: BatchNorm(np.ones(2), np.ones(2), None, -np.ones(2)), "running_var holds negative"),
        (lambda: Network([]), "at least one Dense layer"),
        (lambda: Network([W]), "at least one Dense layer"),
        (lambda: Network([Dense(W, None, "relu"), Dense(W, None, "relu")]), "layer 1 takes 2 inputs, but layer 0"),
        (
            lambda: Network([Dense(W, None, "relu"), Dense(np.ones((3, 1), np.float32), None, "relu")]),
            "layer 1 is float32, but layer 0 is float64",
        ),
        (lambda: Network([Dense(W, None, "relu", dropout=0.5)]), "dropout is for hidden layers only"),
        (lambda: Network([Dense(W, None, "relu", units_on=np.arange(3) > 0)]), "units_on is for hidden layers only"),
        (lambda: Network.create((3,), ()), "at least two numbers"),
        (lambda: Network.create((3, 0), ("relu",)), "must be a whole number of at least 1"),
        (lambda: Network.create((3, 2.5), ("relu",)), "sizes: every entry is 2.5"),
        (lambda: Network.create((3, 2), "relu"), "2 sizes need 1 names"),
        (lambda: Network.create((3, 2), ("relu", "relu")), "2 sizes need 1 names"),
        (lambda: Network.create((3, 2), ("relu",), init="xavier"), "no initializer named 'xavier'; choose one of"),
        (lambda: Network.create((3, 2), ("relu",), bias_init="he_normal"), "no initializer for biases named"),
        (lambda: Network.create((3, 2), ("relu",), init_args={"std": 1}), "glorot_uniform does not take 'std'"),
        (lambda: Network.create((3, 2), ("relu",), seed=-1), "seed is -1"),
        (lambda: Network.create((3, 2), ("relu",), seed=1.5), "seed is 1.5"),
        (lambda: Network.create((3, 2), ("relu",), dtype=np.float16), "must be float32 or float64"),
        (lambda: Network.create((3, 2), ("relu",), dtype="double trouble"), "must be float32 or float64"),
    ],
)
def test_wrong_networks_are_refused_with_a_sentence(make, says):
    with pytest.raises(ValueError, match=says) as refusal:
        make()
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.ones(4), r"x has shape \(4,\), but this network takes \(n, 4\)"),
        (np.ones((2, 3)), r"x has shape \(2, 3\)"),
        (np.ones((0, 4)), "n at least 1"),
        (np.full((2, 4), np.nan), "x holds NaN"),
        (np.full((2, 4), np.inf), "x holds NaN or infinite"),
        (np.full((2, 4), "a"), "inputs must be numbers"),
    ],
)
def test_wrong_inputs_are_refused_with_a_sentence(x, says):
    net = network()
    for call in (net, net.forward):
        with pytest.raises(ValueError, match=says):
            call(x)


@pytest.mark.parametrize(
    ("training", "says"),
    [
        (True, "training is True, but must be None or a Training"),
        (Training((None,)), "1 masks, but the network has 3 layers"),
        (Training((np.ones((7, 6)), None, None)), r"mask of layer 0 has shape \(7, 6\), but must have \(8, 6\)"),
        (Training((None, None, np.ones((8, 3)))), "output layer takes no dropout mask"),
    ],
)
def test_wrong_training_is_refused_with_a_sentence(training, says):
    with pytest.raises(ValueError, match=says):
        network().forward(data()[0], training=training)


def test_wrong_backward_arguments_are_refused_with_a_sentence():
    net, (x, y) = network(), data()
    traces = net.forward(x)
    for arguments, says in (
        ((traces, y, "hinge"), "no loss named 'hinge'"),
        ((traces, y, "binary_cross_entropy"), "goes with a sigmoid output, not with softmax"),
        ((traces, y[:5], "cross_entropy"), r"y has shape \(5,\)"),
        ((traces, y + 3, "cross_entropy"), "knows 0 to 2"),
        ((traces, y, "mse"), "one_hot"),
        ((traces[:2], y, "cross_entropy"), "traces has 2 entries, but the network has 3 layers"),
        ((traces[::-1], y, "cross_entropy"), "traces: layer 0 has x and z of shapes"),
    ):
        for call in (net.backward, net.loss, net.row_losses):
            with pytest.raises(ValueError, match=says):
                call(*arguments)
    for bug, says in ((("typo",), "no bug named 'typo'"), ("flipped_sign", "must be a tuple"), (("a", 3), "no bug")):
        with pytest.raises(ValueError, match=says):
            net.backward(traces, y, "cross_entropy", bug=bug)
    with pytest.raises(ValueError, match="twice"):
        net.backward(traces, y, "cross_entropy", bug=("flipped_sign", "flipped_sign"))


def test_every_hidden_pair_of_activations_fits_together():
    """Activation per layer: any two may follow each other."""
    x, y = data(5)
    for first, second in itertools.product(HIDDEN, repeat=2):
        net = Network.create((4, 3, 3, 3), (first, second, "softmax"), seed=3, bias_init="normal", dtype=np.float64)
        assert check_gradients(net, x, y, "cross_entropy").ok, (first, second)
