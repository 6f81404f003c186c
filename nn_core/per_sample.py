"""Per-sample SGD at the speed of matrix products: the Trainer's engine for plain SGD on one sample at a time.

The first layer of an image network is by far the largest, and changing it after every sample means touching all of it.
But its change by one sample is a rank-1 product, and the next samples only need what that change does to *their*
weighted sums. For a block of k samples X (k, fan_in), with weights W at the block's start:

    P = X @ W                        what each sample's sums would be without the block's own changes
    G = X @ X.T                      how much each sample overlaps each other
    z_i = P[i] - G[i, :i] @ D[:i]    D[j] = learning_rate * dz_j: the earlier samples' changes, as i feels them
    W -= X.T @ D                     after the block, all changes at once

This is the same SGD, sample after sample, equal to the plain loop up to rounding. A bias is one more weight whose input
is always 1, so every layer here keeps W and b stacked in one array `Wb` (fan_in + 1, fan_out).

With L2, each update first shrinks W by 1 - learning_rate*l2. The block keeps the product of these factors in one
number, `shrunk`, and stores D divided by it; the bias, which is not shrunk, is then kept apart from the first product.
"""

from __future__ import annotations

from math import isfinite, log

import numpy as np

from .engines import in_place, joins, plain_sgd
from .network import Network
from .records import Trace, read_only
from .steps import FastGrads, FastStep

#: Samples a block; blocks end at multiples of this within an epoch.
BLOCK = 32


class PerSampleEngine:
    """The state of one block, and the loop over its samples. Made and driven by a Trainer."""

    normalizes = False

    def __init__(self, trainer):
        self.trainer = trainer
        self.size = 0  # rows of the open block, 0: none is open
        self.done = 0  # how many of them have been learned from
        layers = trainer.network.layers
        self.bias = [layer._b is not None for layer in layers]
        self.Wb = [
            np.vstack([layer._W, layer._b[None]]) if layer._b is not None else layer._W.copy() for layer in layers
        ]
        self._reader = np.empty_like(self.Wb[0])
        self._reader_at = -1
        for layer, Wb, bias in zip(layers, [self._reader, *self.Wb[1:]], self.bias, strict=True):
            layer._W = Wb[:-1] if bias else Wb
            layer._b = Wb[-1] if bias else None
        layers[0]._sync = self.sync
        self.refresh()

    @classmethod
    def serves(cls, trainer) -> bool:
        """Whether the trainer's settings are plain SGD, one row an update."""
        return trainer.batch_size == 1 and trainer.learning_rate * trainer.l2 <= 0.5 and plain_sgd(trainer)

    # -- blocks --------------------------------------------------------------------------------------------------------

    @property
    def on_edge(self) -> bool:
        return self.size == 0

    def updates_to_edge(self) -> int:
        return self.size - self.done

    def refresh(self) -> None:
        """Read the settings again and make the buffers; only on an edge."""
        t = self.trainer
        layers = t.network.layers
        self.functions = [layer._activation for layer in layers]
        self.units_on = [layer._on for layer in layers]
        self.fold = self.bias[0] and t.l2 == 0  # the first layer's bias rides in the block's products
        widths = [layer.fan_out for layer in layers]
        fan_in = layers[0].fan_in
        self.X = np.ones((BLOCK, fan_in + self.bias[0]), t.dtype)
        if self.bias[0]:
            self.X[:, -1] = 1 if self.fold else 0
        self.P = np.zeros((BLOCK, widths[0]), t.dtype)
        self.G = np.zeros((BLOCK, BLOCK), t.dtype)
        self.D = np.zeros((BLOCK, widths[0]), t.dtype)
        # Row i of each, and what sample i needs of the samples before it: views made once, not for every sample.
        self.views = [(self.P[i], self.G[i, :i], self.D[:i], self.D[i]) for i in range(BLOCK)]
        self.z = [np.zeros(width, t.dtype) for width in widths]
        self.dz = [np.zeros(width, t.dtype) for width in widths]
        # Activations carry a trailing 1 where the next layer has a bias, so that its row of Wb is reached.
        self.inputs = [np.ones(w + b, t.dtype) for w, b in zip(widths, [*self.bias[1:], False], strict=True)]
        self.a = [wide[:width] for wide, width in zip(self.inputs, widths, strict=True)]
        self.change = [np.empty_like(Wb) for Wb in self.Wb]
        self.forward, self.backward = in_place(self.functions, t.terms)
        self.joined = joins(t.loss, t.terms)
        self._plan()
        self._reader_at = -1

    def _plan(self) -> None:
        """Lay out what the loop over samples and a Step need, so that neither spends time on it."""
        Wb, z, a, dz, inputs, on = self.Wb, self.z, self.a, self.dz, self.inputs, self.units_on
        last = len(z) - 1
        own = [W[: len(x)] for W, x in zip(Wb[1:], a, strict=False)]  # the later layers' W without b
        # One entry a later layer, in the order of use: what comes in, the functions, what goes out.
        self.ups = [(Wb[l], inputs[l - 1], self.forward[l], z[l], a[l], on[l]) for l in range(1, last + 1)]
        self.downs = [
            (own[l - 1], dz[l], self.backward[l - 1], z[l - 1], a[l - 1], on[l - 1], dz[l - 1])
            for l in range(last, 0, -1)
        ]
        self.moves = [
            (Wb[l], inputs[l - 1][:, None], dz[l][None], self.change[l], own[l - 1]) for l in range(1, last + 1)
        ]
        # What a Step shows are read-only views of the rows the loop writes to, as batches of one.
        fan_in = self.trainer.network.layers[0].fan_in
        self.x_seen = [read_only(self.X[i : i + 1, :fan_in]) for i in range(BLOCK)]
        z_seen, a_seen, self.dz_seen = ([read_only(row[None]) for row in rows] for rows in (z, a, dz))
        self.seen = [Trace(x, zl, al) for x, zl, al in zip([self.x_seen[0], *a_seen[:-1]], z_seen, a_seen, strict=True)]

    def forget(self) -> None:
        """Drop the open block without applying it, before another state is loaded."""
        self.size = self.done = 0
        self._reader_at = -1

    def leave(self) -> None:
        """Hand the parameters back to the network as plain arrays; only on an edge."""
        self.sync()
        for layer, bias in zip(self.trainer.network.layers, self.bias, strict=True):
            layer._W = np.ascontiguousarray(layer._W)
            layer._b = layer._b.copy() if bias else None
        self.trainer.network.layers[0]._sync = None

    def close(self) -> None:
        """End the block: what its samples changed in the first layer is applied at once."""
        if self.size:
            np.copyto(self.Wb[0], self._first_layer(self.done))
            self.size = self.done = 0
            self._reader_at = -1

    def settle(self) -> None:
        """Close a block that is full. Called after the hooks, which may still ask for the state before the update."""
        if self.size and self.done == self.size:
            self.close()

    def _open(self) -> None:
        t = self.trainer
        self.size = min(BLOCK - t.offset % BLOCK, t.n - t.offset)
        self.rows = t.order(t.epoch)[t.offset : t.offset + self.size]
        self.index, self.epoch = t.index, t.epoch
        self.X[: self.size, : t.network.layers[0].fan_in] = t.rows.take(self.rows)
        X = self.X[: self.size]
        self.P[: self.size] = X @ self.Wb[0]
        self.G[: self.size, : self.size] = X @ X.T
        self.y = read_only(t.y[self.rows])
        self.labels = self.y.tolist() if self.joined else None
        self.rates = [t.rate_at(t.index + i) for i in range(self.size)]
        self.shrunk = 1.0
        self.done = 0
        if not self.fold and self.bias[0]:
            self.b = self.Wb[0][-1].copy()

    def _first_layer(self, done: int, start: np.ndarray | None = None) -> np.ndarray:
        """The first layer's Wb after `done` samples of the block that started from `start` (from Wb[0], by default)."""
        start = self.Wb[0] if start is None else start
        change = self.X[:done].T @ self.D[:done]
        if not self.trainer.l2:
            return start - change
        dtype, shrunk = self.trainer.dtype.type, self._shrunk_after(done)
        change *= dtype(shrunk)
        change += start * dtype(1 - shrunk)  # one subtraction for both: 1 - 1e-8 alone would be 1 in float32
        Wb = start - change
        if self.bias[0]:
            Wb[-1] = self.b if done == self.done else self.b_before
        return Wb

    def _shrunk_after(self, done: int) -> float:
        shrunk = 1.0
        for rate in self.rates[:done]:
            shrunk *= 1 - rate * self.trainer.l2
        return shrunk

    def sync(self) -> None:
        """Bring the reader's copy of the first layer up to date; the training state is not touched."""
        at = self.index + self.done if self.size else -2
        if self._reader_at != at:
            np.copyto(self._reader, self._first_layer(self.done) if self.size else self.Wb[0])
            self._reader_at = at

    def written(self) -> None:
        """The network's arrays were written to from outside: take the first layer over; only on an edge."""
        np.copyto(self.Wb[0], self._reader)

    # -- samples -------------------------------------------------------------------------------------------------------

    def run(self, updates: int) -> int:
        """Do `updates` updates; return how many were done (fewer on divergence)."""
        left = updates
        while left:
            if not self.size:
                self._open()
            wanted = min(left, self.size - self.done)
            done = self._learn(wanted)
            left -= done
            if done < wanted:
                break
            self.settle()
        return updates - left

    def step(self) -> FastStep | None:
        """Do one update and say what happened; None on divergence. The block is left for `settle` to close."""
        if not self.size:
            self._open()
        t, i = self.trainer, self.done
        earlier = [Wb.copy() for Wb in self.Wb[1:]]
        self.b_before = self.b.copy() if not self.fold and self.bias[0] else None
        # A block that this update fills closes before the next one; the Step may be asked for `before` until then.
        start = self.Wb[0].copy() if i + 1 == self.size else None
        if not self._learn(1):
            return None

        def weights(l: int) -> np.ndarray:
            """Layer l's Wb before this update."""
            return earlier[l - 1] if l else self._first_layer(i, start)

        seen = [self.seen[0]._replace(x=self.x_seen[i]), *self.seen[1:]]
        return FastStep(
            index=self.index + i, epoch=self.epoch, rows=self.rows[i : i + 1], y=self.y[i : i + 1],
            loss=t.last_loss, learning_rate=self.rates[i], traces=tuple(seen),
            grads=tuple(
                FastGrads(trace.x, delta, bias, weights, l)
                for l, (trace, delta, bias) in enumerate(zip(seen, self.dz_seen, self.bias, strict=True))
            ),
            before=lambda: self._network_of([weights(0), *earlier]),
            after=t.network.copy,
        )  # fmt: skip

    def _network_of(self, Wbs: list[np.ndarray]) -> Network:
        network = self.trainer.network.copy()
        for layer, Wb, bias in zip(network.layers, Wbs, self.bias, strict=True):
            layer._W[...] = Wb[:-1] if bias else Wb
            if bias:
                layer._b[...] = Wb[-1]
        return network

    def _learn(self, samples: int) -> int:
        """Learn from the block's next `samples` samples, in place; return how many were done.

        All arrays here are single rows, (width,), of the batch-first arrays of network.py.
        """
        t = self.trainer
        done = self._loop(self.done, self.done + samples)
        if done:
            self.done += done
            t.last_loss = self.loss
            t.moved(done, done)
        if done < samples:
            t.stop_diverged(self.broken)
        return done

    def _loop(self, start: int, stop: int) -> int:
        t, z, a, dz, joined = self.trainer, self.z, self.a, self.dz, self.joined
        dtype, l2, rates, targets, labels = t.dtype.type, t.l2, self.rates, self.y, self.labels
        last = len(z) - 1
        dot, multiply, subtract = np.dot, np.multiply, np.subtract
        ups, downs, moves, views = self.ups, self.downs, self.moves, self.views
        z0, a0, on0, dz0, forward_first = z[0], a[0], self.units_on[0], dz[0], self.forward[0]
        z_out, a_out, dz_out = z[last], a[last], dz[last]
        output_delta, activation = t.terms[last].output_delta, self.functions[last]
        for i in range(start, stop):
            # Forward. The first layer's sums come out of the block, corrected for what the block has changed so far.
            P_i, G_i, D_before, D_i = views[i]
            subtract(P_i, dot(G_i, D_before), z0)
            if l2:
                z0 *= dtype(self.shrunk)
                if self.bias[0]:
                    z0 += self.b
            forward_first(z0, a0)
            if on0 is not None:
                a0 *= on0
            for Wb, x, f, zl, al, on in ups:
                dot(x, Wb, zl)
                f(zl, al)
                if on is not None:
                    al *= on

            # Loss, and how it leans on the last layer's sums.
            if joined:
                label = labels[i]
                belief = a_out.item(label)
                loss = -log(belief) if belief > 0 else _loss(t, z_out, a_out, targets[i : i + 1])
                dz_out[...] = a_out
                dz_out[label] -= 1
            else:
                y = targets[i : i + 1]
                loss = _loss(t, z_out, a_out, y)
                dz_out[...] = output_delta(z_out[None], a_out[None], y, t.loss, activation, 1)[0]
            if not isfinite(loss):
                self.broken = loss
                return i - start

            # Backward: from each layer's dz to the one before, before any weight moves.
            for W, dzl, f, zl, al, on, out in downs:
                da = dot(W, dzl)
                if on is not None:
                    da *= on
                f(zl, al, da, out)

            # Update: W -= learning_rate * a.T @ dz, the bias with it. The first layer's waits in D.
            rate = dtype(rates[i])
            for Wb, column, dzl, change, W in moves:
                dot(column, multiply(dzl, rate), change)
                if l2:
                    change[: len(W)] += W * dtype(rates[i] * l2)
                subtract(Wb, change, Wb)
            multiply(dz0, rate, D_i)
            if l2:
                if self.bias[0]:
                    self.b -= D_i
                self.shrunk *= 1 - rates[i] * l2
                D_i /= dtype(self.shrunk)
            self.loss = loss
        return stop - start


def _loss(trainer, z: np.ndarray, a: np.ndarray, y: np.ndarray) -> float:
    """One row's loss by the loss's own formula."""
    return float(trainer.loss.rows(z[None], a[None], y)[0])
