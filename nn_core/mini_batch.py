"""Plain SGD on mini-batches without new arrays: the Trainer's engine for batches of 2 to 1,024 rows.

PlainEngine makes some forty arrays an update and goes over the largest, the first layer's dW, three times: to make it,
to multiply it by the learning rate, to subtract it. Here every array is made once, and the learning rate goes into dz,
which is small, before the product that makes W's change:

    W -= x.T @ (learning_rate * dz)

This is the same SGD, equal to the plain engine's up to rounding. With L2, learning_rate * l2 * W joins the change
before it is subtracted. The network's own arrays are written to, so they always hold the whole state.
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np

from .engines import WithoutBlocks, in_place, joins, plain_sgd
from .records import Trace, read_only
from .steps import CHUNK, FastGrads, FastStep


class Buffers(NamedTuple):
    """A batch's arrays, one a layer, (n, fan_out): sums, outputs, dL/dz, dL/da, and dL/dz times the learning rate.
    `places` (n,) says where in the flat outputs each row begins."""

    z: list[np.ndarray]
    a: list[np.ndarray]
    dz: list[np.ndarray]
    da: list[np.ndarray]
    scaled: list[np.ndarray]
    places: np.ndarray


class Batch(NamedTuple):
    """What an update learned from: the rows' numbers (n,), x (n, fan_in), their targets y, and what it computed."""

    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray
    buffers: Buffers


class MiniBatchEngine(WithoutBlocks):
    """The buffers of a batch, and the loop over batches. Made and driven by a Trainer."""

    normalizes = False

    def __init__(self, trainer):
        self.trainer = trainer
        self.refresh()

    @classmethod
    def serves(cls, trainer) -> bool:
        """Whether the trainer's settings are plain SGD, several rows an update, but not too many for one piece."""
        return 1 < trainer.batch_size <= CHUNK and plain_sgd(trainer)

    def refresh(self) -> None:
        """Read the settings again and make the buffers."""
        t = self.trainer
        layers = t.network.layers
        self.units_on = [layer._on for layer in layers]
        self.forward, self.backward = in_place([layer._activation for layer in layers], t.terms)
        self.joined = joins(t.loss, t.terms)
        self.change = [(np.empty_like(layer._W), np.empty(layer.fan_out, t.dtype)) for layer in layers]
        self.buffers = {t.batch_size: self._made(t.batch_size)}

    def _made(self, n: int) -> Buffers:
        widths = [layer.fan_out for layer in self.trainer.network.layers]
        arrays = [[np.empty((n, width), self.trainer.dtype) for width in widths] for _ in range(5)]
        return Buffers(*arrays, places=np.arange(n) * widths[-1])

    # -- updates -------------------------------------------------------------------------------------------------------

    def step(self) -> FastStep | None:
        """Do one update and say what happened; None on divergence."""
        t = self.trainer
        index, epoch, rate, before = t.index, t.epoch, t.rate_at(t.index), t.network.copy()
        if (batch := self._update()) is None:
            return None
        x, buffers = read_only(batch.x), batch.buffers
        z, a, dz = ([read_only(array) for array in arrays] for arrays in (buffers.z, buffers.a, buffers.dz))
        return FastStep(
            index=index, epoch=epoch, rows=batch.rows, y=read_only(batch.y), loss=t.last_loss, learning_rate=rate,
            traces=tuple(map(Trace, [x, *a[:-1]], z, a)),
            grads=tuple(
                FastGrads(given, delta, layer._b is not None, lambda l: before.layers[l].W, l)
                for l, (given, delta, layer) in enumerate(zip([x, *a[:-1]], dz, before.layers, strict=True))
            ),
            before=lambda: before, after=t.network.copy,
        )  # fmt: skip

    def _update(self) -> Batch | None:
        """Forward, loss, backward, update; None on divergence, with nothing changed."""
        t, layers, on = self.trainer, self.trainer.network.layers, self.units_on
        rows = t.next_batch()
        n, last = len(rows), len(layers) - 1
        if n not in self.buffers:  # an epoch's last batch may be short
            self.buffers[n] = self._made(n)
        batch = Batch(rows, np.asarray(t.rows.take(rows), t.dtype), t.y[rows], self.buffers[n])
        z, a, dz, da, scaled, _ = batch.buffers

        # Forward: each layer's sums, then its outputs.
        x = batch.x
        for l, layer in enumerate(layers):
            np.dot(x, layer._W, z[l])
            if layer._b is not None:
                z[l] += layer._b
            self.forward[l](z[l], a[l])
            if on[l] is not None:
                a[l] *= on[l]
            x = a[l]

        # Loss, and how it leans on the last layer's sums.
        loss = self._lean(batch)
        if not isfinite(loss):
            t.stop_diverged(loss)
            return None

        # Backward: from each layer's dz to the one before, before any weight moves.
        for l in range(last, 0, -1):
            np.dot(dz[l], layers[l]._W.T, da[l - 1])
            if on[l - 1] is not None:
                da[l - 1] *= on[l - 1]
            self.backward[l - 1](z[l - 1], a[l - 1], da[l - 1], dz[l - 1])

        # Update.
        rate = t.rate_at(t.index)
        x = batch.x
        for l, layer in enumerate(layers):
            W_change, b_change = self.change[l]
            np.multiply(dz[l], rate, scaled[l])
            np.dot(x.T, scaled[l], W_change)
            if t.l2:
                W_change += layer._W * (rate * t.l2)
            np.subtract(layer._W, W_change, layer._W)
            if layer._b is not None:
                np.add.reduce(scaled[l], axis=0, out=b_change)
                np.subtract(layer._b, b_change, layer._b)
            x = a[l]
        t.last_loss = loss
        t.moved(n)
        return batch

    def _lean(self, batch: Batch) -> float:
        """The batch's mean loss; the last layer's dz is written into the buffers."""
        t, y, buffers, n = self.trainer, batch.y, batch.buffers, len(batch.rows)
        z, a, dz = buffers.z[-1], buffers.a[-1], buffers.dz[-1]
        if self.joined:
            np.divide(a, n, dz)
            dz.ravel()[buffers.places + y] -= 1 / n
        else:
            dz[...] = t.terms[-1].output_delta(z, a, y, t.loss, t.network.layers[-1]._activation, n)
        return float(t.loss.rows(z, a, y).sum()) / n
