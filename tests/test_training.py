"""The Trainer against SGD written out by hand, in all three engines, and what hooks may and may not do."""

import contextlib

import numpy as np
import pytest

from nn_core import BUGS, LOSSES, OPTIMIZERS, Dense, Grads, Network, Recorder, Trainer, every
from nn_core.engines import SERVED_TERMS
from nn_core.mini_batch import MiniBatchEngine
from nn_core.per_sample import PerSampleEngine
from nn_core.steps import CHUNK
from nn_core.training import PlainEngine


def problem(n=70, sizes=(12, 9, 7, 4), activation="sigmoid", dtype=np.float64, bias=True, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.random((n, sizes[0]))
    y = rng.integers(0, sizes[-1], n)
    network = Network.create(
        sizes, [activation] * (len(sizes) - 2) + ["softmax"], seed=seed, dtype=dtype, bias=bias, bias_init="uniform"
    )
    return network, x.astype(dtype), y


def sgd(rate=0.5):
    return OPTIMIZERS["sgd"](learning_rate=rate)


def textbook(network, x, y, rate, epochs, l2=0.0, seed=0):
    """Per-sample SGD as a textbook writes it: outer products, one sample after another, float64."""
    W = [np.array(layer.W) for layer in network.layers]
    b = [np.zeros(layer.fan_out) if layer.b is None else np.array(layer.b) for layer in network.layers]
    learns = [layer.b is not None for layer in network.layers]
    for epoch in range(epochs):
        for row in np.random.default_rng([seed, 1, epoch]).permutation(len(y)):
            a = [x[row]]
            for l in range(len(W) - 1):
                a.append(1 / (1 + np.exp(-(a[-1] @ W[l] + b[l]))))
            z = a[-1] @ W[-1] + b[-1]
            p = np.exp(z - z.max())
            p /= p.sum()
            delta = p - np.eye(len(p))[y[row]]
            for l in range(len(W) - 1, -1, -1):
                back = W[l] @ delta
                W[l] -= rate * (np.outer(a[l], delta) + l2 * W[l])
                if learns[l]:
                    b[l] -= rate * delta
                delta = back * a[l] * (1 - a[l])
    return W, b


def engine_of(trainer):
    return type(trainer._engine)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_per_sample_engine_is_the_textbook_loop(bias, l2):
    network, x, y = problem(bias=bias)
    W, b = textbook(network, x, y, 0.5, epochs=3, l2=l2)
    trainer = Trainer(network, "cross_entropy", sgd(), x, y, l2=l2)
    assert engine_of(trainer) is PerSampleEngine
    assert trainer.advance(3 * 70) == 210
    assert trainer.epoch == 3
    for layer, Wl, bl in zip(trainer.network.layers, W, b, strict=True):
        np.testing.assert_allclose(layer.W, Wl, rtol=1e-10, atol=1e-12)
        if bias:
            np.testing.assert_allclose(layer.b, bl, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_mini_batch_engine_is_the_textbook_formula(bias, l2):
    network, x, y = problem(bias=bias)
    W = [np.array(layer.W) for layer in network.layers]
    b = [np.zeros(layer.fan_out) if layer.b is None else np.array(layer.b) for layer in network.layers]
    for epoch in range(3):
        order = np.random.default_rng([0, 1, epoch]).permutation(70)
        for rows in (order[start : start + 32] for start in range(0, 70, 32)):  # 32, 32 and the 6 that are left
            a = [x[rows]]
            for l in range(3):
                z = a[-1] @ W[l] + b[l]
                a.append(1 / (1 + np.exp(-z)) if l < 2 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))
            delta = (a[3] - np.eye(4)[y[rows]]) / len(rows)
            for l in (2, 1, 0):
                back = delta @ W[l].T
                W[l] -= 0.5 * (a[l].T @ delta + l2 * W[l])
                b[l] -= 0.5 * bias * delta.sum(axis=0)
                delta = back * a[l] * (1 - a[l])
    trainer = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=32, l2=l2)
    assert engine_of(trainer) is MiniBatchEngine
    assert trainer.advance(9) == 9
    assert (trainer.epoch, trainer.offset) == (3, 0)
    for layer, Wl, bl in zip(trainer.network.layers, W, b, strict=True):
        np.testing.assert_allclose(layer.W, Wl, rtol=1e-10, atol=1e-12)
        if bias:
            np.testing.assert_allclose(layer.b, bl, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("batch_size", "engine"), [(1, PerSampleEngine), (32, MiniBatchEngine)])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu", "identity"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_fast_and_plain_engines_agree(activation, loss, batch_size, engine):
    network, x, y = problem(activation=activation)
    if loss == "mse":
        y = np.eye(4)[y]
    network.layers[1]._set_units(np.array([True] * 5 + [False] * 2))
    fast = Trainer(network.copy(), loss, sgd(0.1), x, y, batch_size=batch_size)
    # An l1 that adds nothing takes the plain engine.
    plain = Trainer(network.copy(), loss, sgd(0.1), x, y, batch_size=batch_size, l1=1e-300)
    assert (engine_of(fast), engine_of(plain)) == (engine, PlainEngine)
    for _ in range(45):
        one, other = fast.step(), plain.step()
        assert one.loss == pytest.approx(other.loss, rel=1e-9)
        for f, p in zip(one.traces, other.traces, strict=True):
            np.testing.assert_allclose(f.z, p.z, rtol=1e-8, atol=1e-11)
            np.testing.assert_allclose(f.a, p.a, rtol=1e-8, atol=1e-11)
            assert not f.z.flags.writeable and not f.a.flags.writeable
        for f, p in zip(one.grads, other.grads, strict=True):
            for name in ("dz", "dW", "db", "dx"):
                np.testing.assert_allclose(getattr(f, name), getattr(p, name), rtol=1e-7, atol=1e-11)
                assert not getattr(f, name).flags.writeable


@pytest.mark.parametrize("batch_size", [1, 32])
def test_a_tiny_l2_still_pulls_in_float32(batch_size):
    # 1 - 1e-8 is 1 in float32: a factor would lose the pull, or more than half of it, at every update.
    network, x, y = problem(dtype=np.float32, activation="tanh")
    ended = {}
    for l2, dtype in ((0, np.float32), (1e-5, np.float32), (0, np.float64), (1e-5, np.float64)):
        trainer = Trainer(network.copy(dtype), "cross_entropy", sgd(1e-3), x, y, batch_size=batch_size, l2=l2)
        trainer.advance(20_000)
        ended[l2, dtype] = np.concatenate([layer.W.ravel() for layer in trainer.network.layers])
    pull, true = (ended[1e-5, dtype] - ended[0, dtype] for dtype in (np.float32, np.float64))
    assert np.linalg.norm(pull - true) < 0.3 * np.linalg.norm(true)


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.uint8])
def test_rows_of_another_dtype_are_learned_from(dtype, batch_size):
    class Rows:
        def __len__(self):
            return 70

        def take(self, rows):
            return x[rows].astype(dtype)

    network, x, y = problem(dtype=np.float32)
    x = (3 * x).astype(dtype)
    from_source = Trainer(network.copy(), "cross_entropy", sgd(), Rows(), y, batch_size=batch_size)
    from_array = Trainer(network.copy(), "cross_entropy", sgd(), x, y, batch_size=batch_size)
    assert from_source.advance(20) == from_array.advance(20) == 20
    for one, other in zip(from_source.network.layers, from_array.network.layers, strict=True):
        assert np.array_equal(one.W, other.W)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_softmax_in_a_hidden_layer_is_learned_like_any_other(batch_size):
    network, x, y = problem(activation="softmax")
    fast = Trainer(network.copy(), "cross_entropy", sgd(), x, y, batch_size=batch_size)
    plain = Trainer(network.copy(), "cross_entropy", sgd(), x, y, batch_size=batch_size, l1=1e-300)
    assert fast.advance(20) == plain.advance(20) == 20
    for one, other in zip(fast.network.layers, plain.network.layers, strict=True):
        np.testing.assert_allclose(one.W, other.W, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 8, 70])
def test_every_engine_gives_the_same_kind_of_step(batch_size):
    for l1 in (0.0, 1e-300):
        network, x, y = problem()
        step = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=batch_size, l1=l1).step()
        (piece,) = step.chunks()
        assert [len(part) for part in piece] == [3, 3, batch_size, batch_size]
        for grads in step.grads:
            assert isinstance(grads, Grads)
            assert grads[1] is grads.dW is grads.of("W") and grads[2] is grads.db is grads.of("b")
            assert grads._fields == ("dz", "dW", "db", "dx", "dnorm") and len(tuple(grads)) == 5


@pytest.mark.parametrize(
    "wrong", [{"l2": -1}, {"batch_size": 0}, {"bug": "no such"}, {"optimizer": "sgd"}, {"pace": 2}]
)
def test_a_refused_setting_changes_nothing_else(wrong):
    network, x, y = problem()
    trainer = Trainer(network, "cross_entropy", sgd(), x, y)
    trainer.advance(5)
    with pytest.raises(ValueError):
        trainer.configure(l1=0.1, **wrong)
    assert trainer.l1 == 0 and engine_of(trainer) is PerSampleEngine and not trainer.on_block_edge


def test_a_step_worked_by_hand():
    # One sigmoid unit, x = (2, 0), y = 1, weights and bias 0: z = 0, a = 0.5, dz = a - y = -0.5.
    # dW = x * dz = (-1, 0), db = -0.5. With learning rate 0.1: W = (0.1, 0), b = 0.05.
    unit = Network([Dense(np.zeros((2, 1)), np.zeros(1), "sigmoid")])
    step = Trainer(unit, "binary_cross_entropy", sgd(0.1), np.array([[2.0, 0.0]]), np.array([[1.0]])).step()
    assert step.loss == pytest.approx(np.log(2))
    assert step.grads[0].dz.item() == -0.5
    np.testing.assert_array_equal(step.grads[0].dW, [[-1.0], [0.0]])
    np.testing.assert_allclose(step.after.layers[0].W, [[0.1], [0.0]])
    np.testing.assert_allclose(step.after.layers[0].b, [0.05])
    np.testing.assert_array_equal(step.before.layers[0].W, [[0.0], [0.0]])


@pytest.mark.parametrize("batch_size", [1, 8, 70])
def test_before_and_after_belong_to_the_step(batch_size):
    network, x, y = problem(dtype=np.float32)
    trainer = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=batch_size)
    last = network.copy()
    for _ in range(40):
        step = trainer.step()
        for before, kept, after, now in zip(
            step.before.layers, last.layers, step.after.layers, trainer.network.layers, strict=True
        ):
            np.testing.assert_array_equal(before.W, kept.W)
            np.testing.assert_array_equal(after.W, now.W)
            np.testing.assert_array_equal(before.b, kept.b)
            assert not np.array_equal(before.W, after.W)
        last = step.after
        np.testing.assert_array_equal(step.x, x[step.rows])
        np.testing.assert_array_equal(step.y, y[step.rows])


@pytest.mark.parametrize("batch_size", [1, 8])
def test_hooks_see_and_change_nothing(batch_size):
    network, x, y = problem(dtype=np.float32)
    bare = Trainer(network.copy(), "cross_entropy", sgd(), x, y, batch_size=batch_size)
    bare.advance(100)
    seen = []

    def nosy(step):
        seen.append(step.index)
        for array in (*step.traces[0][:3], *step.grads[0], step.rows, step.x, step.before.layers[0].W):
            if isinstance(array, np.ndarray):
                with pytest.raises(ValueError, match="read-only"):
                    array[...] = 0

    recorder = Recorder(keep=5)
    hooked = Trainer(
        network.copy(), "cross_entropy", sgd(), x, y, batch_size=batch_size, hooks=[every(7, nosy), recorder]
    )
    assert hooked.advance(100) == 100
    assert seen == list(range(0, 100, 7))
    assert recorder.indices == list(range(100))
    assert [record.index for record in recorder.records] == [95, 96, 97, 98, 99]
    assert recorder.records[-1].z[0].shape == (len(recorder.records[-1].rows), 9)
    for one, other in zip(bare.network.layers, hooked.network.layers, strict=True):
        np.testing.assert_array_equal(one.W, other.W)
        np.testing.assert_array_equal(one.b, other.b)


def test_short_last_batch_and_new_batch_size_from_the_present_offset():
    network, x, y = problem(n=20)
    trainer = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=8, shuffle=False)
    rows = [trainer.step().rows.tolist() for _ in range(2)]
    trainer.configure(batch_size=3)
    rows += [trainer.step().rows.tolist() for _ in range(3)]
    assert rows == [list(range(8)), list(range(8, 16)), [16, 17, 18], [19], [0, 1, 2]]


def test_a_large_batch_in_pieces_is_the_batch():
    n = 2 * CHUNK + 100
    network, x, y = problem(n=n)
    whole = network.copy()
    step = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=n).step()
    traces = whole.forward(x[step.rows])
    grads = whole.backward(traces, y[step.rows], "cross_entropy")
    assert step.loss == pytest.approx(whole.loss(traces, y[step.rows], "cross_entropy"))
    for mine, right in zip(step.grads, grads, strict=True):
        np.testing.assert_allclose(mine.dW, right.dW, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(mine.db, right.db, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(mine.dz, right.dz, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(step.traces[-1].a, traces[-1].a, rtol=1e-9)
    assert sum(len(x) for _, _, x, _ in step.chunks()) == n


def test_divergence_stops_before_the_update_that_broke():
    network, x, y = problem(activation="relu", dtype=np.float32)
    for batch_size, l1 in ((1, 0.0), (10, 0.0), (10, 1e-300)):
        trainer = Trainer(network.copy(), "cross_entropy", sgd(1e6), x * 1e6, y, batch_size=batch_size, l1=l1)
        with np.errstate(all="ignore"):
            assert (done := trainer.advance(1000)) < 1000
        assert "learning rate" in trainer.diverged and f"update {trainer.index:,}" in trainer.diverged
        assert trainer.advance(10) == 0
        again = Trainer(network.copy(), "cross_entropy", sgd(1e6), x * 1e6, y, batch_size=batch_size, l1=l1)
        assert again.advance(done) == done and again.diverged is None
        for one, other in zip(trainer.network.layers, again.network.layers, strict=True):
            assert one.W.tobytes() == other.W.tobytes() and one.b.tobytes() == other.b.tobytes()


def test_bad_arguments_are_refused_with_a_sentence():
    network, x, y = problem()
    good = dict(network=network, loss="cross_entropy", optimizer=sgd(), x=x, y=y)
    for change, words in [
        (dict(loss="huber"), "huber"),
        (dict(x=x[:, :5]), "shape"),
        (dict(y=y + 9), "label"),
        (dict(x=np.where(x > 0.5, np.nan, x)), "NaN"),
        (dict(batch_size=0), "batch_size"),
        (dict(l2=-1.0), "l2"),
        (dict(schedule="sometimes"), "schedule"),
        (dict(bug=("no_such",)), "no_such"),
        (dict(seed=-1), "seed"),
    ]:
        with pytest.raises(ValueError, match=words):
            Trainer(**{**good, **change})
    for k in (0, True, 1.5):
        with pytest.raises(ValueError, match="every"):
            every(k, print)
    with pytest.raises(ValueError, match="keep"):
        Recorder(keep=-1)


def test_recorded_losses_are_the_loss_of_the_formula():
    network, x, y = problem()
    recorder = Recorder(keep=0)
    Trainer(network.copy(), "cross_entropy", sgd(), x, y, batch_size=10, hooks=[recorder], shuffle=False).advance(1)
    a = network(x[:10])
    assert recorder.losses[0] == pytest.approx(LOSSES["cross_entropy"].value(a, y[:10]))


@pytest.mark.parametrize("batch_size", [1, 6])
@pytest.mark.parametrize("bug", BUGS)
def test_every_bug_reaches_the_weights_in_every_engine(bug, batch_size):
    # What an engine really subtracts is compared with the gradient that the check vouches for.
    network, x, y = problem(activation="tanh" if bug != "copied_derivative" else "relu")
    y = np.eye(4)[y]
    for bugs, wrong in ((), False), ((bug,), True):
        trainer = Trainer(network.copy(), "mse", sgd(0.5), x, y, batch_size=batch_size, bug=bugs)
        step = trainer.step()
        right = step.before.backward(step.before.forward(step.x), step.y, "mse")
        errors = []
        for before, after, grad in zip(step.before.layers, step.after.layers, right, strict=True):
            for moved, true in (((before.W - after.W) / 0.5, grad.dW), ((before.b - after.b) / 0.5, grad.db)):
                size = np.linalg.norm(moved) + np.linalg.norm(true)
                errors.append(np.linalg.norm(moved - true) / size)
        assert (max(errors) > 1e-3) == wrong, (bugs, errors)
    served = BUGS[bug].term in SERVED_TERMS
    fast = PerSampleEngine if batch_size == 1 else MiniBatchEngine
    assert engine_of(trainer) is (fast if served else PlainEngine)


@pytest.mark.parametrize("batch_size", [1, 6])
def test_a_hook_that_fails_leaves_training_as_it_was(batch_size):
    def fails(step):
        if step.index in (3, 31, 69):
            raise RuntimeError

    (network, x, y), (alone, _, _) = problem(), problem()
    trainer = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=batch_size, hooks=[fails])
    while trainer.index < 80:
        with contextlib.suppress(RuntimeError):
            trainer.step()
    Trainer(alone, "cross_entropy", sgd(), x, y, batch_size=batch_size).advance(80)
    for one, other in zip(network.layers, alone.layers, strict=True):
        assert np.array_equal(one.W, other.W) and np.array_equal(one.b, other.b)


@pytest.mark.parametrize(("rows", "batch_size"), [(70, 1), (70, 6), (CHUNK + 70, CHUNK + 70)])
def test_the_first_layers_dx_is_there_when_asked_for(rows, batch_size):
    network, x, y = problem(n=rows)
    step = Trainer(network, "cross_entropy", sgd(), x, y, batch_size=batch_size).step()
    right = step.before.backward(step.before.forward(step.x), step.y, "cross_entropy")[0]
    assert np.allclose(step.grads[0].dx, right.dx, atol=1e-12) and not step.grads[0].dx.flags.writeable
    assert list(step.grads[0])[3] is step.grads[0].dx


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("rows", "batch_size"), [(50, 7), (CHUNK + 600, CHUNK + 100)])
def test_masks_follow_from_seed_layer_and_update_alone(rows, batch_size, batch_norm):
    # 50 = 7 * 7 + 1: with batch norm the one row left over joins the batch before it.
    rng = np.random.default_rng(0)
    x, y = rng.random((rows, 6)), rng.integers(0, 3, rows)
    network = Network.create(
        (6, 5, 3), ["relu", "softmax"], dropout=0.25, batch_norm=batch_norm, seed=2, dtype=np.float64
    )
    trainer = Trainer(network, "cross_entropy", sgd(0.1), x, y, batch_size=batch_size, seed=9)
    for index in range(40 if rows == 50 else 2):
        mask = np.concatenate([traces[0].extras.mask for traces, _, _, _ in trainer.step().chunks()])
        if batch_size > CHUNK:
            drawn = np.concatenate([np.random.default_rng([9, 2, 0, index, k]).random((CHUNK, 5)) for k in (0, 1)])
        else:
            drawn = np.random.default_rng([9, 2, 0, index // 32]).random((32, batch_size, 5))[index % 32]
        n = min(len(mask), len(drawn))
        assert n >= len(mask) - 1 and np.array_equal(mask[:n], (drawn[:n] >= 0.25) / 0.75)
