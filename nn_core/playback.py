"""Playback: a trainer that follows a run's events, to any update and back.

A Run drives one of these as its present, and a second one when something asks for the past. Both end in the same bits,
because both only load a checkpoint and train on from there, doing at each update what was done at it.
"""

from __future__ import annotations

import time

import numpy as np

from .checkpoints import SPACING, Checkpoints
from .config import CHANGEABLE, RunConfig
from .datasets.dataset import Dataset
from .events import Event
from .network import Network
from .optimizers import OPTIMIZERS
from .training import Trainer
from .weights import begin_with

#: Updates between two looks at the clock on a long way.
STRIDE = 256


class Playback:
    """A Trainer at some update of a run, with the settings in force there."""

    def __init__(self, config: RunConfig, dataset: Dataset, targets: np.ndarray):
        self.config = config
        self.settings = {name: getattr(config, name) for name in CHANGEABLE}
        self.trainer = Trainer(
            build_network(config),
            config.loss,
            self._optimizer(),
            TrainingRows(dataset, np.dtype(config.dtype)),
            targets,
            shuffle=config.shuffle,
            seed=config.seed,
            **self._choices(),
        )
        self.trainer.configure(dropout=self._dropout())

    @property
    def step(self) -> int:
        return self.trainer.index

    def seek(self, step: int, events: list[Event], checkpoints: Checkpoints) -> None:
        """Go to the state after `step` updates, the events at `step` applied."""
        start, state = checkpoints.before(step)
        if self.step > step or start > self.step:
            self.load(state, start, events)
        self.follow(step, events, checkpoints)

    def follow(self, step: int, events: list[Event], checkpoints: Checkpoints | None = None) -> None:
        """Train on to `step`, doing on the way what was done then; a long way leaves `checkpoints` behind."""
        here = self.step
        for event in events:
            if here < event.step <= step:
                self._train_to(event.step, checkpoints)
                self.apply(event)
        self._train_to(step, checkpoints)

    def _train_to(self, step: int, checkpoints: Checkpoints | None) -> None:
        """Train to `step`; where that takes longer than SPACING, the next one who comes by finds checkpoints."""
        trainer, piece = self.trainer, STRIDE
        begin = time.perf_counter()
        while self.step < step and trainer.advance(min(piece, step - self.step)):
            spent = time.perf_counter() - begin
            if checkpoints is None or spent < SPACING:
                continue
            piece = max(1, int(piece * min(1.0, SPACING / spent)))  # (updates of a large network take long)
            trainer.advance(min(trainer.updates_to_edge(), step - self.step))
            if trainer.on_block_edge and trainer.diverged is None:
                checkpoints.add_between(self.step, self.state(), spent)
                begin = time.perf_counter()

    def load(self, state: dict, step: int, events: list[Event]) -> None:
        """Take over a checkpoint and apply the events that happened at its own update."""
        self._set({**state["settings"]})
        self.trainer.load(state)
        for event in events:
            if event.step == step:
                self.apply(event)

    def state(self) -> dict:
        """The trainer's state with the settings in force, for a checkpoint; only on a block edge."""
        return {**self.trainer.state(), "settings": dict(self.settings)}

    def apply(self, event: Event) -> None:
        """Do what an event did. Events are checked before they are recorded, see Run.propose."""
        values = event.values
        if event.kind == "parameter":
            self.trainer.set_parameter(values["layer"], values["array"], tuple(values["index"]), values["value"])
        elif event.kind == "unit":
            self.trainer.set_unit(values["layer"], values["index"], values["on"])
        else:
            self._set({**self.settings, **values})

    def _set(self, settings: dict) -> None:
        """Put `settings` in force. Optimizer slots are kept unless the optimizer is another one."""
        old, self.settings = self.settings, settings
        if settings == old:
            return
        choices = {**self._choices(), "dropout": self._dropout()}
        if settings["optimizer"] != old["optimizer"]:
            choices["optimizer"] = self._optimizer()
        else:
            self.trainer.optimizer = self._optimizer()
        self.trainer.configure(**choices)

    def _optimizer(self):
        settings = self.settings
        return OPTIMIZERS[settings["optimizer"]](learning_rate=settings["learning_rate"], **settings["optimizer_args"])

    def _choices(self) -> dict:
        """The settings as the Trainer takes them."""
        settings = self.settings
        batch = settings["batch_size"]
        return {
            "batch_size": 10**9 if batch == "full" else batch,
            "l1": settings["l1"],
            "l2": settings["l2"],
            "bug": settings["bug"],
            "schedule": settings["schedule"],
            "schedule_args": settings["schedule_args"],
        }

    def _dropout(self) -> tuple[float, ...]:
        """One rate a layer: the hidden ones as set, none at the output."""
        rates = self.settings["dropout"]
        if not isinstance(rates, tuple | list):
            rates = (rates,) * (len(self.config.sizes) - 2)
        return (*rates, 0.0)


class TrainingRows:
    """A dataset's training rows as the Trainer's source of batches, scaled from their store when they are needed."""

    def __init__(self, dataset: Dataset, dtype: np.dtype):
        self.dataset, self.dtype = dataset, dtype

    def __len__(self) -> int:
        return self.dataset.n_train

    def take(self, rows: np.ndarray) -> np.ndarray:
        return self.dataset.take("train", rows).astype(self.dtype, copy=False)


def build_network(config: RunConfig) -> Network:
    """The network of a configuration before its first update; see Network.create for where its numbers come from.

    Raises DataUnavailable where it begins with weights from a file that is not here.
    """
    constant = not isinstance(config.bias_init, str)
    network = Network.create(
        config.sizes,
        config.activations,
        init=config.init,
        init_args=config.init_args,
        bias=config.bias,
        bias_init="constant" if constant else config.bias_init,
        bias_args={"value": config.bias_init} if constant else None,
        batch_norm=config.batch_norm,
        seed=config.seed,
        dtype=np.dtype(config.dtype),
    )
    if config.start:
        begin_with(network, config.start)
    return network
