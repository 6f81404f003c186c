"""What the core does not take, it refuses with a sentence that names the argument: links, files and scripts may hold
anything."""

import json
import re

import numpy as np
import pytest

import nn_core.run
import nn_core.training
from nn_core import DATASETS, OPTIMIZERS, PROBES, SCHEDULES, Network, Run, RunConfig, Trainer, every

HUGE = 10**400  # larger than any float
UNPRINTABLE = 10**5000  # Python refuses to write it out
DEEP = "[" * 100_000 + "]" * 100_000
SMALL = RunConfig(dataset="digits", dataset_args={"size": 8}, sizes=(64, 6, 10), activations="relu", batch_size=5)


def refused(call, *words):
    """The sentence with which `call` is refused; it holds each of `words`."""
    with pytest.raises(ValueError) as caught:
        call()
    sentence = str(caught.value)
    assert re.search(r" .*[.)]$", sentence, re.DOTALL) and len(sentence) < 600, sentence
    for word in words:
        assert word in sentence
    return sentence


@pytest.mark.parametrize(
    "value", [HUGE, -HUGE, UNPRINTABLE, "x" * 10_000, np.ones(2), [[[]]], {1}, 1j, object()], ids=type
)
@pytest.mark.parametrize("name", ["learning_rate", "batch_size", "seed", "l2", "dropout", "optimizer", "stop", "start"])
def test_a_configuration_names_the_field_that_is_wrong(name, value):
    refused(lambda: RunConfig(**{name: value}), name)


@pytest.mark.parametrize(
    "text", [DEEP, '{"a":' * 50_000 + "1" + "}" * 50_000, '{"seed": 1' + "0" * 5000 + "}", "[", "3"]
)
def test_json_that_is_no_configuration_and_no_run(text):
    refused(lambda: RunConfig.from_json(text))
    refused(lambda: Run.from_json(text))


def test_arguments_of_a_choice():
    refused(lambda: RunConfig(optimizer="momentum", optimizer_args={"momentum": HUGE}), "optimizer_args", "momentum")
    refused(lambda: RunConfig(init_args={"std": 1.0}), "init_args", "std")
    refused(lambda: RunConfig.from_json('{"self": 1}'), "self")
    refused(lambda: OPTIMIZERS["sgd"](learning_rate=HUGE), "learning_rate")
    refused(lambda: SCHEDULES["cosine"](HUGE, 0.1), "step")
    refused(lambda: DATASETS["circle"](n=HUGE), "n")
    refused(lambda: DATASETS["circle"](**{"self": 1}), "self")
    refused(lambda: PROBES["sample"].check({"sample": UNPRINTABLE}), "sample")
    refused(lambda: PROBES["sample"].check([]), "sample")


def test_numpy_numbers_are_numbers():
    config = RunConfig(
        sizes=(np.int64(784), 5, 10), activations="relu", learning_rate=np.float32(0.5), bias=np.bool_(True),
        stop={"step": np.int32(7)}, optimizer="momentum", optimizer_args={"momentum": np.float32(0.5)},
    )  # fmt: skip
    assert (config.sizes[0], config.learning_rate, config.bias, config.stop) == (784, 0.5, True, {"step": 7})
    assert RunConfig.from_json(config.to_json()) == config
    run = Run(SMALL.replace(batch_size=1))
    assert run.advance(steps=np.int64(5)) == 5 and type(run.step) is int
    run.change(batch_size=np.int64(3))
    run.unit(0, np.int64(1), np.bool_(False))
    run.parameter(0, "b", np.int64(1), np.float32(0.5))
    assert Run.from_json(run.to_json()).state_fingerprint() == run.state_fingerprint()
    assert every(np.int64(3), print).interval == 3


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"network": None}, "network"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"optimizer": OPTIMIZERS["sgd"]}, "optimizer"),
        ({"hooks": print}, "hooks"),
        ({"hooks": [3]}, "hooks"),
        ({"shuffle": "no"}, "shuffle"),
        ({"l1": "a"}, "l1"),
        ({"l2": HUGE}, "l2"),
        ({"schedule": []}, "schedule"),
        ({"schedule": "step", "schedule_args": {"evry": 1}}, "evry"),
    ],
)
def test_a_trainer_names_the_argument_that_is_wrong(values, word):
    given = {
        "network": Network.create((3, 2), ["softmax"]),
        "loss": "cross_entropy",
        "optimizer": OPTIMIZERS["sgd"](learning_rate=0.1),
        "x": np.ones((4, 3)),
        "y": np.zeros(4, int),
    }
    refused(lambda: Trainer(**(given | values)), word)


@pytest.mark.parametrize(
    "call",
    [
        lambda run: run.advance(seconds="1"),
        lambda run: run.advance(seconds=True),
        lambda run: run.change(kind="x"),
        lambda run: run.change(optimizer_args={"weight_decay": HUGE}),
        lambda run: run.parameter(0, "W", None, 1.0),
        lambda run: run.parameter(0, "W", 5.5, 1.0),
        lambda run: run.parameter(0, "W", [[0], [0, 1]], 1.0),
        lambda run: run.parameter(0, "b", 1, HUGE),
        lambda run: run.goto(UNPRINTABLE),
    ],
)
def test_a_refused_wish_leaves_the_run_alone(call):
    run = Run(SMALL)
    run.advance(steps=3)
    before = run.state_fingerprint()
    refused(lambda: call(run))
    assert run.state_fingerprint() == before and run.events == ()


@pytest.mark.parametrize(
    "events",
    [
        5,
        None,
        [{"step": 1, "kind": "parameter", "values": {"foo": 1}}],
        [{"step": 1, "kind": "unit", "values": {}}],
        [{"step": 1, "kind": "change", "values": {"kind": 1}}],
        [{"step": 1, "kind": "change", "values": {"self": 1}}],
        [{"step": 1, "kind": "parameter", "values": {"layer": 0, "array": "W", "index": None, "value": 1}}],
    ],
)
def test_events_that_could_not_have_happened(events):
    plain = json.loads(Run(SMALL).to_json())
    refused(lambda: Run.from_json(json.dumps({**plain, "events": events, "step": 2, "head": 2})))


@pytest.mark.parametrize("updates", [-1, True, 1.5, "a", None])
def test_a_trainer_does_a_whole_number_of_updates(updates):
    network = Network.create((3, 2), ["softmax"])
    trainer = Trainer(network, "cross_entropy", OPTIMIZERS["sgd"](), np.ones((4, 3)), np.zeros(4, int))
    refused(lambda: trainer.advance(updates), "updates")
    assert trainer.advance(np.int64(2)) == 2 and type(trainer.index) is int


def test_a_network_names_the_argument_that_is_wrong():
    network = Network.create((3, 2), ["softmax"])
    refused(lambda: Network(None), "layers")
    refused(lambda: Network.create(3, ["relu"]), "sizes")
    refused(lambda: Network.create((3, 2), None), "activations")
    refused(lambda: Network.create((3, 2), ["relu"], dtype=None), "dtype")
    refused(lambda: network.backward(None, np.array([0]), "cross_entropy"), "traces")
    refused(lambda: network(np.full((1, 3), 1e300)), "x")


def test_a_change_to_a_batch_too_large_for_batch_norm_is_no_event(monkeypatch):
    for module in (nn_core.run, nn_core.training):
        monkeypatch.setattr(module, "MAX_NORM_BATCH", 100)
    run = Run(SMALL.replace(batch_norm=True))
    run.advance(steps=3)
    refused(lambda: run.change(batch_size="full"), "batch_size", "100")
    assert run.events == () and run.advance(steps=3) == 3
    refused(lambda: Run(SMALL.replace(batch_norm=True, batch_size=101)), "batch_size")


def test_beyond_where_training_breaks_there_is_no_network():
    config = RunConfig(
        dataset="plane", sizes=(2, 8, 1), activations=("relu", "identity"), loss="mse", learning_rate=900.0
    )
    run = Run(config)
    run.advance(steps=1000)
    assert run.diverged and run.at(run.step - 1) is not None
    for look in (run.at, run.step_at):
        with pytest.raises(FloatingPointError, match=f"Training broke at update {run.step}"):
            look(run.step + 5)


def test_a_change_to_what_is_so_already_is_no_event():
    run = Run(SMALL.replace(sizes=(64, 6, 6, 10), activations="relu"))
    for _ in range(2):
        run.change(bug=("flipped_sign",), dropout=(0.1, 0.2))
        assert len(run.events) == 1
    again = Run.restore(run.config, run.events, 0, checkpoint=run.checkpoint()[1], curves=run.curve_bytes())
    assert again.change(bug=("flipped_sign",), dropout=(0.1, 0.2)).events == run.events
    assert again.change(bug=()).change(bug=()).step == 0 and len(again.events) == 2
