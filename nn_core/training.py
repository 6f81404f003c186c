"""The Trainer: stochastic gradient descent, one update at a time, with hooks that may look at each.

    trainer = Trainer(network, "cross_entropy", OPTIMIZERS["sgd"](learning_rate=0.1), x, y, batch_size=32)
    for _ in range(1000):
        step = trainer.step()

An update is five readable lines: take a batch, forward, loss, backward, change the parameters. Three engines do it:
`PlainEngine` here for every choice, and two faster ones for plain SGD, `PerSampleEngine` (per_sample.py) for single
samples and `MiniBatchEngine` (mini_batch.py) for batches. Which one works follows from the settings alone, so the same
settings give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import numpy as np

from .arguments import check_arguments, choose, number, shown
from .bugs import check_bugs, terms_with
from .engines import WithoutBlocks
from .hooks import Hook, interval_of
from .losses import check_pair
from .mini_batch import MiniBatchEngine
from .network import Network
from .optimizers import Optimizer
from .per_sample import PerSampleEngine
from .records import Training
from .schedules import SCHEDULES
from .steps import CHUNK, Rules, Step, WholeStep

#: Dropout masks are drawn for this many updates at a time.
MASK_UPDATES = 32
#: Batch normalization needs its whole batch at once, so its batches stay below this many rows.
MAX_NORM_BATCH = 8192


class Trainer:
    """Trains a network in place, update by update.

    network: the Network to train. Its arrays change; `network.copy()` keeps a moment.
    loss: a name of LOSSES. optimizer: `OPTIMIZERS[name](learning_rate=...)`.
    x: (n, fan_in) array, or any object with `take(rows) -> (len(rows), fan_in)` and `len()`.
    y: (n,) integer labels for cross_entropy, else (n, fan_out) targets.
    batch_size: rows an update, 1 to n; the last batch of an epoch may be short.
    shuffle: visit the rows of epoch e in the order `default_rng([seed, 1, e]).permutation(n)`, else as they lie.
    hooks: functions of one Step, called after each update (see hooks.every).
    l1, l2: penalties on W (never on b): l1*sum|W| + l2/2*sum W**2. Losses are reported without them.
    bug: names of BUGS, wrong terms of the backward pass. schedule: a name of SCHEDULES.

    Raises ValueError, before anything changes, naming the argument and what is allowed.
    """

    def __init__(
        self,
        network: Network,
        loss: str,
        optimizer,
        x,
        y,
        *,
        batch_size: int = 1,
        shuffle: bool = True,
        seed: int = 0,
        hooks: Sequence[Hook] = (),
        l1: float = 0.0,
        l2: float = 0.0,
        bug: Sequence[str] = (),
        schedule: str = "constant",
        schedule_args: dict | None = None,
    ):
        if not isinstance(network, Network):
            raise ValueError(f"network is {shown(network)}, but must be a Network.")
        if not isinstance(shuffle, bool | np.bool_):
            raise ValueError(f"shuffle is {shown(shuffle)}, but must be True or False.")
        self.dtype = network.dtype
        self.loss = check_pair(loss, network.activations[-1])
        self.rows, self.y = _checked_data(network, self.loss, x, y)
        self.n = len(self.y)
        self.network, self.shuffle, self.seed = network, bool(shuffle), _whole("seed", seed, 0)
        self.call(hooks)
        self.index, self.epoch, self.offset = 0, 0, 0
        self.last_loss = math.nan
        self.diverged: str | None = None
        self._order: tuple[int, np.ndarray] | None = None
        self.slots: list[dict[str, dict[str, np.ndarray]]] = []
        self._engine: PerSampleEngine | MiniBatchEngine | PlainEngine | None = None
        self.optimizer = None
        self.batch_size, self.l1, self.l2, self.bug = 1, 0.0, 0.0, ()
        self.schedule, self.schedule_args = "constant", {}
        self.configure(
            optimizer=optimizer,
            batch_size=batch_size,
            l1=l1,
            l2=l2,
            bug=bug,
            schedule=schedule,
            schedule_args=schedule_args or {},
        )

    # -- choices -------------------------------------------------------------------------------------------------------

    def configure(self, **choices) -> None:
        """Change settings between two updates: optimizer, batch_size, l1, l2, bug, schedule, schedule_args, dropout.

        Closes the per-sample engine's open block. A new optimizer starts with fresh slots.
        """
        checked = self._checked(choices)
        self.close_block()
        for layer, rate in zip(self.network.layers, checked.pop("dropout", ()), strict=False):
            layer.dropout = rate
        for name, value in checked.items():
            setattr(self, name, value)
        if "bug" in checked:
            self.terms = terms_with(self.bug, len(self.network.layers))
        if "optimizer" in checked:
            self.slots = [
                {name: self.optimizer.slots(array) for name, array in layer._parameters().items()}
                for layer in self.network.layers
            ]
        self._choose_engine()

    def _checked(self, choices: dict) -> dict:
        """The choices as they are kept, or a ValueError for the first that cannot be."""
        checked = {}
        for name, value in choices.items():
            if name == "batch_size":
                value = min(_whole(name, value, 1), self.n)
            elif name == "bug":
                value = check_bugs(value)
            elif name in ("l1", "l2"):
                if (value := number(name, value)) < 0:
                    raise ValueError(f"{name} is {value:g}, but must be at least 0.")
            elif name == "schedule":
                value = choose(SCHEDULES, name, value).name
            elif name == "schedule_args":
                value, schedule = dict(value), SCHEDULES[choices.get("schedule", self.schedule)]
                check_arguments(f"{name}: {schedule.name}", schedule.arguments, value)
            elif name == "dropout":
                value = [number(name, rate) for rate in value]
                if len(value) != len(self.network.layers) or not all(0 <= rate < 1 for rate in value):
                    raise ValueError(f"dropout is {value}, but must be one rate a layer, at least 0 and below 1.")
            elif name == "optimizer":
                if not isinstance(value, Optimizer):
                    raise ValueError(
                        f'optimizer is {shown(value)}, but must be one such as OPTIMIZERS["sgd"](learning_rate=0.1).'
                    )
            else:
                raise ValueError(f"Trainer has no setting {name!r}.")
            checked[name] = value
        if any(layer.norm is not None for layer in self.network.layers):
            batch_size = checked.get("batch_size", self.batch_size)
            if batch_size < 2:
                raise ValueError("batch_size: batch normalization needs batches of 2 or more rows.")
            if batch_size > MAX_NORM_BATCH:
                raise ValueError(f"batch_size: with batch normalization at most {MAX_NORM_BATCH:,} rows.")
        return checked

    def call(self, hooks: Sequence[Hook]) -> None:
        """Call these hooks after each update from now on, and no others."""
        if not isinstance(hooks, Sequence) or not all(map(callable, hooks)):
            raise ValueError(f"hooks is {shown(hooks)}, but must be a list of functions, each of one Step.")
        self.hooks, self._intervals = tuple(hooks), [interval_of(hook) for hook in hooks]

    @property
    def learning_rate(self) -> float:
        """The base rate, before the schedule. Setting it closes the open block."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.close_block()
        self.optimizer.learning_rate = rate
        self._choose_engine()

    def rate_at(self, index: int) -> float:
        """The learning rate of update `index`, the schedule applied."""
        if self.schedule == "constant":
            return self.optimizer.learning_rate
        return SCHEDULES[self.schedule](index, self.optimizer.learning_rate, **self.schedule_args)

    def rules(self) -> Rules:
        """What will be in force at the next update, in copies that stay as they are."""
        optimizer = copy(self.optimizer)
        optimizer.learning_rate = self.rate_at(self.index)
        slots = tuple(
            {name: {slot: np.array(values) for slot, values in of.items()} for name, of in layer.items()}
            for layer in self.slots
        )
        return Rules(self.loss.name, self.bug, optimizer, self.l1, self.l2, slots)

    def _choose_engine(self) -> None:
        kind = next(engine for engine in ENGINES if engine.serves(self))
        if type(self._engine) is not kind:
            if self._engine is not None:
                self._engine.leave()
            self._engine = kind(self)
        else:
            self._engine.refresh()

    def close_block(self) -> None:
        """End the per-sample engine's open block, before something is changed: its delayed update is applied now."""
        self.diverged = None  # what is changed may let it go on
        if self._engine is not None:
            self._engine.close()

    def sync(self) -> None:
        """Bring the network's arrays up to date; the per-sample engine keeps the first layer's to itself in a block."""
        self._engine.sync()

    @property
    def on_block_edge(self) -> bool:
        """Whether the network's arrays hold the whole state (no block is open)."""
        return self._engine.on_edge

    def updates_to_edge(self) -> int:
        """How many updates until the open block closes by itself; 0 on an edge."""
        return self._engine.updates_to_edge()

    # -- training ------------------------------------------------------------------------------------------------------

    def order(self, epoch: int) -> np.ndarray:
        """The rows of `epoch` in the order of visit, (n,). Stateless: it depends on seed and epoch alone."""
        if self._order is None or self._order[0] != epoch:
            if self.shuffle:
                rows = np.random.default_rng([self.seed, 1, epoch]).permutation(self.n)
            else:
                rows = np.arange(self.n)
            rows.flags.writeable = False
            self._order = (epoch, rows)
        return self._order[1]

    def next_batch(self) -> np.ndarray:
        """The rows of the next update: `order[offset:offset + batch_size]`, short at the end of an epoch."""
        end = self.offset + self.batch_size
        if self.n - end == 1 and self.batch_size > 1 and self._engine.normalizes:
            end = self.n  # a batch of one row has no spread to normalize, so it joins the one before
        return self.order(self.epoch)[self.offset : end]

    def moved(self, rows: int, updates: int = 1) -> None:
        """Count `updates` updates that used `rows` rows."""
        self.index += updates
        self.offset += rows
        if self.offset >= self.n:
            self.epoch, self.offset = self.epoch + 1, 0

    def step(self) -> Step:
        """Do one update and return it. The Step is valid until the next update or change of a setting.

        Raises FloatingPointError where the loss is no longer a finite number; the network is left as it was.
        """
        with np.errstate(all="ignore"):
            step = self._one()
        if step is None:
            raise FloatingPointError(self.diverged)
        return step

    def advance(self, updates: int) -> int:
        """Do up to `updates` updates, hooks included, and return how many were done: fewer only after divergence."""
        updates, done = _whole("updates", updates, 0), 0
        with np.errstate(all="ignore"):  # saturated units overflow harmlessly; a loss that is no number is noticed
            while done < updates and self.diverged is None:
                free = min([updates - done, *(-self.index % interval for interval in self._intervals)])
                if free:
                    done += self._engine.run(free)
                elif self._one() is not None:
                    done += 1
        return done

    def _one(self) -> Step | None:
        if self.diverged is not None:
            return None
        step = self._engine.step()
        if step is None:
            return None
        try:
            for hook, interval in zip(self.hooks, self._intervals, strict=True):
                if step.index % interval == 0:
                    hook(step)
        finally:  # a hook that fails leaves training as it would have been without it
            self._engine.settle()
        return step

    def stop_diverged(self, loss: float) -> None:
        """Note that update `index` met a loss that is not a finite number."""
        self.diverged = (
            f"Training broke at update {self.index:,}: the loss became {loss:g}, which is no number to learn from. "
            f"The learning rate ({self.rate_at(self.index):g}) is probably too large; wind back and take a smaller one."
        )

    def __repr__(self) -> str:
        return f"Trainer({self.network!r}, {self.loss.name!r}, update {self.index}, epoch {self.epoch})"

    # -- state ---------------------------------------------------------------------------------------------------------

    def state(self) -> dict:
        """Everything training depends on, as a dict of plain values and copied arrays. Only on a block edge."""
        if not self.on_block_edge:
            raise RuntimeError("A state can only be taken on a block edge.")
        self.sync()
        arrays = {}
        for l, layer in enumerate(self.network.layers):
            for name, array in layer._parameters().items():
                arrays[f"{l}.{name}"] = array.copy()
                for slot, values in self.slots[l][name].items():
                    arrays[f"{l}.{name}.{slot}"] = np.array(values)
            if layer.norm is not None:
                arrays[f"{l}.running_mean"] = layer.norm._running_mean.copy()
                arrays[f"{l}.running_var"] = layer.norm._running_var.copy()
            if layer.units_on is not None:
                arrays[f"{l}.units_on"] = layer.units_on
        return {
            "index": self.index,
            "epoch": self.epoch,
            "offset": self.offset,
            "loss": self.last_loss,
            "arrays": arrays,
        }

    def load(self, state: dict) -> None:
        """Take over a `state()`; settings (learning rate and so on) are set by whoever loads it."""
        self._engine.forget()
        self.index, self.epoch, self.offset = state["index"], state["epoch"], state["offset"]
        self.last_loss, self.diverged = state["loss"], None
        arrays = state["arrays"]
        for l, layer in enumerate(self.network.layers):
            for name, array in layer._parameters().items():
                array[...] = arrays[f"{l}.{name}"]
                for slot, values in self.slots[l][name].items():
                    values[...] = arrays[f"{l}.{name}.{slot}"]
            if layer.norm is not None:
                layer.norm._running_mean[...] = arrays[f"{l}.running_mean"]
                layer.norm._running_var[...] = arrays[f"{l}.running_var"]
            layer._set_units(arrays.get(f"{l}.units_on", True))
        self._engine.written()
        self._engine.refresh()

    def set_parameter(self, layer: int, name: str, index, value: float) -> None:
        """Write one number into W or b between two updates."""
        self.close_block()
        self.sync()
        self.network.layers[layer]._parameters()[name][index] = value
        self._engine.written()

    def set_unit(self, layer: int, unit: int, on: bool) -> None:
        """Switch a unit on or off between two updates."""
        self.close_block()
        dense = self.network.layers[layer]
        units = np.ones(dense.fan_out, bool) if dense.units_on is None else dense.units_on
        units[unit] = on
        dense._set_units(units)
        self._engine.refresh()


class PlainEngine(WithoutBlocks):
    """Any optimizer, any batch: forward, backward, update, with the network's own passes."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer
        self._masks: dict[int, tuple[tuple, np.ndarray]] = {}
        self.refresh()

    @classmethod
    def serves(cls, trainer: Trainer) -> bool:
        """Every setting is served."""
        return True

    def refresh(self) -> None:
        """Read the settings again."""
        layers = self.trainer.network.layers
        self.normalizes = any(layer.norm is not None for layer in layers)
        self.drops = any(layer.dropout for layer in layers)

    def step(self) -> Step | None:
        """Do one update and say what happened; None on divergence."""
        before = self.trainer.network.copy()
        return self._update(before)

    def _update(self, before: Network | None = None):
        """One update. With `before` (a copy of the network) a Step is built, else True is returned; None: diverged."""
        t = self.trainer
        rows = t.next_batch()
        index, epoch, rate = t.index, t.epoch, t.rate_at(t.index)
        pieces = [rows] if self.normalizes or len(rows) <= CHUNK else np.split(rows, range(CHUNK, len(rows), CHUNK))
        loss, total = 0.0, None
        for k, piece in enumerate(pieces):
            traces, grads, piece_loss, x, y = self._passes(t.network, piece, len(rows), index, k, len(pieces))
            loss += piece_loss
            found = [_parameter_gradients(layer, grad) for layer, grad in zip(t.network.layers, grads, strict=True)]
            if len(pieces) > 1:
                total = _accumulate(total, found)
        if not math.isfinite(loss):
            t.stop_diverged(loss)
            return None
        sums = found if total is None else total
        self._descend(sums, rate, traces if self.normalizes else None)
        t.last_loss = loss
        t.moved(len(rows))
        if before is None:
            return True
        return WholeStep(
            index=index, epoch=epoch, rows=rows, loss=loss, learning_rate=rate, before=before, network=t.network,
            pieces=pieces, sums=sums,
            passes=lambda k, first_dx=False: self._passes(
                before, pieces[k], len(rows), index, k, len(pieces), first_dx=first_dx
            ),
            first=(traces, grads, x, y) if len(pieces) == 1 else None,
        )  # fmt: skip

    def _passes(
        self, network: Network, rows: np.ndarray, n: int, index: int, piece: int, pieces: int, *, first_dx: bool = False
    ):
        """Forward and backward for `rows`, a piece of a batch of `n`; returns traces, grads, the loss's share, x, y.

        The first layer's dx, which no update needs, is found only with first_dx.
        """
        t = self.trainer
        x, y = t.rows.take(rows), t.y[rows]
        traces = network._forward(x, self._training(len(rows), index, piece))
        loss = float(network._row_losses(traces, y, t.loss).sum()) / n
        return traces, network._backward(traces, y, t.loss, t.terms, n=n, first_dx=first_dx), loss, x, y

    def _training(self, n: int, index: int, piece: int) -> Training | None:
        if not self.drops:
            return NORMALIZE if self.normalizes else None
        masks = [
            self._mask(l, layer, n, index, piece) if layer.dropout else None
            for l, layer in enumerate(self.trainer.network.layers)
        ]
        return Training(tuple(masks))

    def _mask(self, l: int, layer, n: int, index: int, piece: int) -> np.ndarray:
        """Rows (n, fan_out) of 0 and 1/(1-p): inverted dropout (Srivastava et al. 2014, scaled while training)."""
        t = self.trainer
        if t.batch_size > CHUNK:  # the masks of many updates would take too much room, so each chunk draws its own
            chunks = [
                np.random.default_rng([t.seed, 2, l, index, piece + k]).random((rows, layer.fan_out))
                for k, rows in enumerate(_chunks(n))
            ]
            return self._kept(np.concatenate(chunks), layer.dropout)
        key = (index // MASK_UPDATES, t.batch_size, layer.dropout)
        if l not in self._masks or self._masks[l][0] != key:
            rng = np.random.default_rng([t.seed, 2, l, index // MASK_UPDATES])
            drawn = rng.random((MASK_UPDATES, t.batch_size, layer.fan_out))
            if self.normalizes:  # for a row that joins the batch before it
                drawn = np.concatenate([drawn, rng.random((MASK_UPDATES, 1, layer.fan_out))], axis=1)
            self._masks[l] = (key, self._kept(drawn, layer.dropout))
        return self._masks[l][1][index % MASK_UPDATES, :n]

    def _kept(self, drawn: np.ndarray, dropout: float) -> np.ndarray:
        """Numbers drawn evenly from 0 to 1 as masks of their shape."""
        dtype = self.trainer.dtype
        return (drawn >= dropout).astype(dtype) / dtype.type(1 - dropout)

    def _descend(self, sums: list[dict], rate: float, traces) -> None:
        """Change every parameter, in place, by the optimizer's rule."""
        t = self.trainer
        base = t.optimizer.learning_rate
        if rate != base:
            t.optimizer.learning_rate = rate
        for l, (layer, gradients) in enumerate(zip(t.network.layers, sums, strict=True)):
            for name, array in layer._parameters().items():
                gradient = gradients[name]
                if name == "W" and t.l2:
                    gradient = gradient + t.l2 * array
                if name == "W" and t.l1:
                    gradient = gradient + t.l1 * np.sign(array)
                t.optimizer.update(array, gradient, t.slots[l][name], t.index + 1)
            if layer.norm is not None:
                layer.norm.follow(traces[l].extras)
        if rate != base:
            t.optimizer.learning_rate = base


#: The engines in the order of asking; the first that serves a trainer's settings works.
ENGINES = (PerSampleEngine, MiniBatchEngine, PlainEngine)

NORMALIZE = Training()


def _chunks(n: int) -> list[int]:
    """`n` rows in chunks: how many rows each has."""
    return [min(CHUNK, n - start) for start in range(0, n, CHUNK)]


def _parameter_gradients(layer, grad) -> dict[str, np.ndarray]:
    return {name: grad.of(name) for name in layer._parameters()}


def _accumulate(total, found):
    """Add a piece's gradients to the sums over the pieces before it."""
    if total is None:
        return [{name: np.array(array) for name, array in gradients.items()} for gradients in found]
    for sums, gradients in zip(total, found, strict=True):
        for name, array in gradients.items():
            sums[name] += array
    return total


class _ArrayRows:
    """An (n, fan_in) array as a source of batches."""

    def __init__(self, x: np.ndarray):
        self.x = x

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray) -> np.ndarray:
        return self.x[rows]


def _checked_data(network: Network, loss, x, y) -> tuple:
    """The data as a source of rows and an array of targets, checked against the network and the loss."""
    source = x if hasattr(x, "take") and not isinstance(x, np.ndarray) else _ArrayRows(network._inputs(x))
    return source, loss.check_targets(y, len(source), network.sizes[-1], network.dtype)


def _whole(name: str, value, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ValueError(f"{name}: {shown(value)} is not a whole number of at least {low}.")
    return int(value)
