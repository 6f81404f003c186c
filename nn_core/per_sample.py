"""Per-sample SGD at the speed of matrix products: the Trainer's engine for plain SGD on one sample at a time.

The first layer of an image network is by far the largest, and changing it after every sample means touching all of it.
But its change by one sample is a rank-1 product, and the next samples only need what that change does to *their*
weighted sums. For a block of k samples X (k, fan_in), with weights W at the block's start:

    P = X @ W                        what each sample's sums would be without the block's own changes
    G = X @ X.T                      how much each sample overlaps each other
    z_i = P[i] - G[i, :i] @ D[:i]    row D[j] = learning_rate * dz_j: the earlier samples' changes, as sample i feels them
    W -= X.T @ D                     after the block, all changes at once

This is the same SGD, sample after sample, equal to the plain loop up to rounding. A bias is one more weight whose input
is always 1, so every layer here keeps W and b stacked in one array `Wb` (fan_in + 1, fan_out).

With L2, each update first shrinks W by 1 - learning_rate*l2. The block keeps the product of these factors in one number,
`shrunk`, and stores D divided by it; the bias, which is not shrunk, is then kept apart from the first product.
"""

from __future__ import annotations

import math

import numpy as np

from .bugs import BUGS
from .network import Network
from .records import Trace, read_only
from .steps import SampleGrads, SampleStep

#: Samples a block; blocks end at multiples of this within an epoch.
BLOCK = 32
#: Terms of the backward pass whose wrong versions fit into this engine; other bugs take the plain one.
SERVED_TERMS = ("output_delta", "activation_derivative")


class PerSampleEngine:
    """The state of one block, and the loop over its samples. Made and driven by a Trainer."""

    normalizes = False

    def __init__(self, trainer):
        self.trainer = trainer
        self.size = 0  # rows of the open block, 0: none is open
        self.done = 0  # how many of them have been learned from
        layers = trainer.network.layers
        self.bias = [layer._b is not None for layer in layers]
        self.Wb = [np.vstack([layer._W, layer._b[None]]) if layer._b is not None else layer._W.copy() for layer in layers]
        self._reader = np.empty_like(self.Wb[0])
        self._reader_at = -1
        for layer, Wb, bias in zip(layers, [self._reader, *self.Wb[1:]], self.bias, strict=True):
            layer._W = Wb[:-1] if bias else Wb
            layer._b = Wb[-1] if bias else None
        layers[0]._sync = self._sync
        self.refresh()

    @classmethod
    def serves(cls, trainer) -> bool:
        """Whether the trainer's settings are plain per-sample SGD: one row, no slots, no l1, dropout or batch norm."""
        layers = trainer.network.layers
        return (
            trainer.batch_size == 1
            and trainer.optimizer.name == "sgd"
            and trainer.optimizer.weight_decay == 0
            and trainer.l1 == 0
            and trainer.learning_rate * trainer.l2 <= 0.5
            and all(layer.norm is None and not layer.dropout for layer in layers)
            and all(BUGS[name].term in SERVED_TERMS for name in trainer.bug)
        )

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
        self.terms = t.terms
        self.fold = self.bias[0] and t.l2 == 0  # the first layer's bias rides in the block's products
        widths = [layer.fan_out for layer in layers]
        fan_in = layers[0].fan_in
        self.X = np.ones((BLOCK, fan_in + self.bias[0]), t.dtype)
        if self.bias[0]:
            self.X[:, -1] = 1 if self.fold else 0
        self.D = np.zeros((BLOCK, widths[0]), t.dtype)
        self.z = [np.zeros((1, width), t.dtype) for width in widths]
        # Activations carry a trailing 1 where the next layer has a bias, so that its row of Wb is reached.
        self.a = [np.ones((1, w + b), t.dtype) for w, b in zip(widths, [*self.bias[1:], False], strict=True)]
        self.dz = [np.zeros((1, width), t.dtype) for width in widths]
        self.change = [np.empty_like(Wb) for Wb in self.Wb]
        self._reader_at = -1

    def forget(self) -> None:
        """Drop the open block without applying it, before another state is loaded."""
        self.size = self.done = 0
        self._reader_at = -1

    def leave(self) -> None:
        """Hand the parameters back to the network as plain arrays; only on an edge."""
        self._sync()
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
        self.P = X @ self.Wb[0]
        self.G = X @ X.T
        self.y = t.y[self.rows]
        self.rates = [t.rate_at(t.index + i) for i in range(self.size)]
        self.shrunk = 1.0
        self.done = 0
        if not self.fold and self.bias[0]:
            self.b = self.Wb[0][-1].copy()

    def _first_layer(self, done: int) -> np.ndarray:
        """The first layer's Wb after `done` samples of the open block."""
        Wb = self.Wb[0] - self.X[:done].T @ self.D[:done]
        if self.trainer.l2:
            Wb *= self.trainer.dtype.type(self._shrunk_after(done))
            if self.bias[0]:
                Wb[-1] = self.b if done == self.done else self.b_before
        return Wb

    def _shrunk_after(self, done: int) -> float:
        shrunk = 1.0
        for rate in self.rates[:done]:
            shrunk *= 1 - rate * self.trainer.l2
        return shrunk

    def _sync(self) -> None:
        """Bring the reader's copy of the first layer up to date; the training state is not touched."""
        at = self.index + self.done if self.size else -2
        if self._reader_at != at:
            np.copyto(self._reader, self._first_layer(self.done) if self.size else self.Wb[0])
            self._reader_at = at

    def set_first(self, name: str, index, value: float) -> None:
        """Write one number into the first layer; only on an edge."""
        (self.Wb[0][-1] if name == "b" else self.Wb[0])[index] = value
        self._reader_at = -1

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

    def step(self) -> SampleStep | None:
        """Do one update and say what happened; None on divergence. The block is left for `settle` to close."""
        if not self.size:
            self._open()
        t, i = self.trainer, self.done
        earlier = [Wb.copy() for Wb in self.Wb[1:]]
        self.b_before = self.b.copy() if not self.fold and self.bias[0] else None
        if not self._learn(1):
            return None
        x = read_only(self.X[i : i + 1, : t.network.layers[0].fan_in])
        a = [a[:, : z.shape[1]] for a, z in zip(self.a, self.z, strict=True)]
        inputs = [x, *a[:-1]]
        weights = [lambda: self._first_layer(i), *(lambda Wb=Wb: Wb for Wb in earlier)]
        fan_ins = [layer.fan_in for layer in t.network.layers]
        return SampleStep(
            index=self.index + i, epoch=self.epoch, rows=self.rows[i : i + 1], y=self.y[i : i + 1], loss=t.last_loss,
            learning_rate=self.rates[i],
            traces=tuple(Trace(read_only(x), read_only(z), read_only(a)) for x, z, a in zip(inputs, self.z, a, strict=True)),
            grads=tuple(
                SampleGrads(x, dz, bias, lambda W=W, n=n: W()[:n])
                for x, dz, bias, W, n in zip(inputs, self.dz, self.bias, weights, fan_ins, strict=True)
            ),
            before=lambda: self._network_of([weights[0](), *earlier]),
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

        Everything is (1, width): one row of the batch-first arrays of network.py.
        """
        t, D, G, P, l2 = self.trainer, self.D, self.G, self.P, self.trainer.l2
        Wb, a, z, dz, units_on, functions, terms = (
            self.Wb, self.a, self.z, self.dz, self.units_on, self.functions, self.terms
        )  # fmt: skip
        last = len(Wb) - 1
        outs = [a[l][:, : z[l].shape[1]] for l in range(last + 1)]
        backs = [W[:-1].T if bias else W.T for W, bias in zip(Wb, self.bias, strict=True)]
        cores = [W[:-1] if bias else W for W, bias in zip(Wb, self.bias, strict=True)]
        for count in range(samples):
            i = self.done
            # Forward. The first layer's sums come out of the block, corrected for what the block has changed so far.
            np.subtract(P[i : i + 1], G[i : i + 1, :i] @ D[:i], out=z[0])
            if l2:
                z[0] *= t.dtype.type(self.shrunk)
                if self.bias[0]:
                    z[0] += self.b
            for l in range(last + 1):
                if l:
                    np.matmul(a[l - 1], Wb[l], out=z[l])
                outs[l][...] = functions[l].value(z[l])
                if units_on[l] is not None:
                    outs[l] *= units_on[l]

            # Loss, and how it leans on the last layer's sums.
            y = self.y[i : i + 1]
            loss = float(t.loss.rows(z[last], outs[last], y)[0])
            if not math.isfinite(loss):
                t.stop_diverged(loss)
                return count
            dz[last][...] = terms[last].output_delta(z[last], outs[last], y, t.loss, functions[last], 1)

            # Backward: from each layer's dz to the one before, before any weight moves.
            for l in range(last, 0, -1):
                da = dz[l] @ backs[l]
                if units_on[l - 1] is not None:
                    da *= units_on[l - 1]
                dz[l - 1][...] = terms[l - 1].activation_derivative(z[l - 1], outs[l - 1], da, functions[l - 1])

            # Update: W -= learning_rate * a.T @ dz, the bias with it. The first layer's waits in D.
            rate = t.dtype.type(self.rates[i])
            for l in range(1, last + 1):
                if l2:
                    cores[l] *= t.dtype.type(1 - self.rates[i] * l2)
                np.multiply(a[l - 1].T, dz[l] * rate, out=self.change[l])
                Wb[l] -= self.change[l]
            np.multiply(dz[0], rate, out=D[i : i + 1])
            if l2:
                if self.bias[0]:
                    self.b -= D[i]
                self.shrunk *= 1 - self.rates[i] * l2
                D[i] /= t.dtype.type(self.shrunk)

            self.done += 1
            t.last_loss = loss
            t.moved(1)
        return samples
