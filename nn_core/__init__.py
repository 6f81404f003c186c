"""Neural networks from scratch in NumPy, made to be read, watched and trusted.

A network in one page
=====================

A **unit** adds up its inputs, each times a weight, and bends the sum: a = f(x @ W + b). A **layer** is a row of units
that see the same inputs, and a **network** is layers in a row. Rows are samples: x is (n, fan_in), W is (fan_in,
fan_out), b is (fan_out,), the sums z and the answers a are (n, fan_out).

    network = Network.create((784, 128, 64, 10), ["sigmoid", "sigmoid", "softmax"], seed=0)
    traces = network.forward(x)                    # each layer's x, z and a

A **loss** says how wrong the answers are, as one number. **Backpropagation** asks each weight how that number would
change if it grew a little. It starts at the output and hands the question back from layer to layer, by the chain rule:

    dz of the last layer = dL/dz                   LOSSES[...].delta, the output delta
    dW = x.T @ dz        db = sum of dz            what each weight and bias would do to the loss
    dx = dz @ W.T                                  what each input would do: the previous layer's dL/da
    dz of that layer = dx * f'(z)                  and so on to the first

    grads = network.backward(traces, y, "cross_entropy")
    print(check_gradients(network, x, y, "cross_entropy"))   # nudge the weights, measure, compare

**Stochastic gradient descent** takes a few samples, finds the gradients, and moves every weight a little downhill:
W -= learning_rate * dW. Then it does so again, thousands of times. A Trainer does one such update a `step()`, and shows
it to hooks; a Run adds what a learner needs: settings that change on the way, curves, and a past that can be visited.

    trainer = Trainer(network, "cross_entropy", OPTIMIZERS["sgd"](learning_rate=0.1), x, y, hooks=[print])
    trainer.advance(1000)

    run = Run("digits")
    run.advance(steps=1000)
    run.at(400)                                    # the network as it was, bit for bit

Where to read on
================

activations, losses, initializers, optimizers, schedules: one table each, every formula beside its derivative.
layers, network, terms: the two passes. bugs: how they go wrong. gradcheck: how one notices.
training, per_sample, mini_batch: the loop, plain and fast. hooks, steps: how to look at it.
config, events, run, playback, checkpoints: the same run is the same run.
probes: what pictures are made of. datasets: what there is to learn. stream: how a browser watches.
"""

from .activations import ACTIVATIONS
from .bugs import BUGS
from .config import RunConfig
from .datasets import DATASETS
from .gradcheck import check_gradients
from .hooks import Hook, Recorder, every
from .initializers import INITIALIZERS
from .losses import LOSSES
from .network import Dense, Network
from .optimizers import OPTIMIZERS
from .presets import PRESETS
from .probes import PROBES
from .records import Grads, Trace
from .run import Run
from .schedules import SCHEDULES
from .steps import Step
from .training import Trainer

__all__ = [
    "ACTIVATIONS",
    "BUGS",
    "DATASETS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "PRESETS",
    "PROBES",
    "SCHEDULES",
    "Dense",
    "Grads",
    "Hook",
    "Network",
    "Recorder",
    "Run",
    "RunConfig",
    "Step",
    "Trace",
    "Trainer",
    "check_gradients",
    "every",
]
