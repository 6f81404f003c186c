"""Figures that PyTorch computed in float64 (see oracle/oracle.json), as networks and arrays of ours."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nn_core import Dense, Network

FOLDER = Path(__file__).parent / "oracle"
OURS = {"lr": "learning_rate", "eps": "epsilon", "alpha": "rho", "momentum": "momentum", "weight_decay": "weight_decay"}


@cache
def _files():
    with np.load(FOLDER / "oracle.npz") as arrays:
        return json.loads((FOLDER / "oracle.json").read_text()), dict(arrays)


class Case(NamedTuple):
    """One network, its data, and what PyTorch found: `found(name, layer)` gives dW, db, dz, a or z of a layer."""

    name: str
    network: Network
    loss: str
    x: np.ndarray
    y: np.ndarray
    value: float
    dx: np.ndarray
    found: object


def gradient_cases():
    """Every case of the oracle: 31 networks with values and gradients."""
    return list(_gradient_cases())


def _gradient_cases():
    listed, arrays = _files()
    for case in listed["gradients"]:
        key = f"g{case['case']}"
        layers = [
            Dense(arrays[f"{key}_W{l}"], arrays[f"{key}_b{l}"], activation)
            for l, activation in enumerate(case["activations"])
        ]
        yield Case(
            f"{'-'.join(case['activations'])}-{case['loss']}-{case['n']}",
            Network(layers),
            case["loss"],
            arrays[f"{key}_X"],
            arrays[f"{key}_y"],
            case["value"],
            arrays[f"{key}_dX"],
            lambda name, layer, key=key: arrays[f"{key}_{name}{layer}"],
        )


class Trajectory(NamedTuple):
    """One optimizer's way: `at(step)` gives the list of (W, b) after 0, 1, 2, 10 or 50 full-batch updates."""

    name: str
    optimizer: str
    arguments: dict
    activations: list
    loss: str
    x: np.ndarray
    y: np.ndarray
    steps: list
    losses: np.ndarray
    at: object


def trajectories():
    """Every optimizer's trajectory, with its arguments under our names."""
    return list(_trajectories())


def _trajectories():
    listed, arrays = _files()
    for case in listed["optimizers"]:
        name, given = case["name"], dict(case["arguments"])
        given.pop("nesterov", None)
        beta1, beta2 = given.pop("betas", (None, None))
        arguments = {OURS[key]: value for key, value in given.items()}
        if beta1 is not None:
            arguments |= {"beta1": beta1, "beta2": beta2}
        layers = range(len(case["sizes"]) - 1)
        yield Trajectory(
            name,
            name.removesuffix("_weight_decay"),
            arguments,
            case["activations"],
            case["loss"],
            arrays[f"o_{name}_X"],
            arrays[f"o_{name}_y"],
            case["steps"],
            arrays[f"o_{name}_losses"],
            lambda step, name=name, layers=layers: [
                (arrays[f"o_{name}_W{l}_{step}"], arrays[f"o_{name}_b{l}_{step}"]) for l in layers
            ],
        )
