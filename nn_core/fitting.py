"""Fitting: a configuration changed by one choice, and its two ends brought into line with the data again.

Whoever takes other data, another input or another loss should not have to know that the first and the last layer, the
output's activation and perhaps the loss depend on it. Pages, links and commands all use this one rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .config import RunConfig
from .datasets import DATASETS
from .datasets.dataset import Outline

#: What `fitted` takes beside the fields of RunConfig.
EXTRA = ("hidden", "hidden_activations")

#: The output's activation that goes with each loss; mse leaves it open.
_OUTPUT = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}


def fitted(config: RunConfig, **changes: Any) -> RunConfig:
    """`config` with `changes`, its ends made to fit the data.

    Changes are fields of RunConfig, and `hidden`, the widths of the hidden layers, and `hidden_activations`, a name for
    all of them or one each (layers that are added take the last one's, or tanh). A given `dataset_args` stands for all
    of them. The outputs' number and activation follow from data and loss: two classes share one unit under mse and
    binary_cross_entropy, more classes need cross_entropy or mse with a unit each, and values need mse. A loss that was
    not asked for gives way to one that fits. Raises ValueError naming what is wrong.
    """
    changes = dict(changes)
    hidden = tuple(changes.pop("hidden", config.sizes[1:-1]))
    names = changes.pop("hidden_activations", None)
    if "dataset" in changes and changes["dataset"] != config.dataset:
        changes.setdefault("dataset_args", _carried(config, changes["dataset"]))
    name = changes.get("dataset", config.dataset)
    if not isinstance(name, str) or name not in DATASETS:
        raise ValueError(f"dataset: there is no {name!r}; choose one of {', '.join(DATASETS)}.")
    args = changes.get("dataset_args", config.dataset_args)
    if not isinstance(args, Mapping):
        raise ValueError(f"dataset_args: give an object of names and values, not {type(args).__name__}.")
    dataset = DATASETS[name].outline(**args)
    loss = changes["loss"] if "loss" in changes else _loss(config, dataset)
    outputs = _outputs(loss, dataset)
    changes["loss"] = loss
    changes["sizes"] = (dataset.n_features, *hidden, outputs)
    changes["activations"] = (*_hidden(config, names, len(hidden)), _output(config, loss, dataset, outputs))
    dropout = changes.get("dropout", config.dropout)
    if isinstance(dropout, tuple | list) and len(dropout) != len(hidden):
        changes["dropout"] = max(dropout, default=0.0)
    return config.replace(**changes)


def _carried(config: RunConfig, name: Any) -> dict[str, Any]:
    """The arguments that other data of the same kind takes over: seed, inputs, noise and the like, but no points."""
    if not isinstance(name, str) or name not in DATASETS:
        return {}
    known = DATASETS[name].arguments
    return {
        key: value
        for key, value in config.dataset_args.items()
        if key in known and key not in ("points", "labels", "classes", "n")
    }


def _loss(config: RunConfig, dataset: Outline) -> str:
    """The loss that the configuration has, or the nearest one that fits the data."""
    classes = len(dataset.classes)
    if classes == 0:
        return "mse"
    if classes == 2:
        return "binary_cross_entropy" if config.loss == "cross_entropy" and config.sizes[-1] > 2 else config.loss
    return "mse" if config.loss == "mse" and config.sizes[-1] > 1 else "cross_entropy"


def _outputs(loss: Any, dataset: Outline) -> int:
    classes = len(dataset.classes)
    return classes if classes > 2 or (classes == 2 and loss == "cross_entropy") else 1


def _hidden(config: RunConfig, names: Any, layers: int) -> tuple:
    if isinstance(names, str):
        return (names,) * layers
    if names is not None:
        return tuple(names)
    before = config.activations[:-1]
    return (*before, *[before[-1] if before else "tanh"] * layers)[:layers]


def _output(config: RunConfig, loss: Any, dataset: Outline, outputs: int) -> str:
    if loss in _OUTPUT:
        return _OUTPUT[loss]
    if dataset.task == "regression":
        return "identity"
    if outputs > 1:
        return "softmax"
    kept = config.activations[-1]
    return kept if config.loss == "mse" and kept in ("tanh", "sigmoid", "identity") else "tanh"


__all__ = ["EXTRA", "fitted"]
