"""Presets: ready-made configurations by name, each a network worth watching."""

from __future__ import annotations

from typing import NamedTuple

from .config import RunConfig

#: TensorFlow Playground's starting point: weights from -0.5 to 0.5, biases of 0.1, tanh, ten dots an update. (Its
#: squared error is half of ours, so our gradients, and with them the steps at an equal rate, are twice as large.)
PLAYGROUND = RunConfig(
    dataset="circle",
    sizes=(2, 4, 2, 1),
    activations=("tanh", "tanh", "tanh"),
    init="uniform",
    bias_init=0.1,
    loss="mse",
    learning_rate=0.03,
    batch_size=10,
    seed=12,
)

#: The second tutorial's network and training, with the right gradients.
ZHANG = RunConfig(
    dataset="mnist",
    dataset_args={"split": "zhang"},
    sizes=(784, 10, 10),
    activations=("relu", "softmax"),
    init="uniform",
    bias_init="uniform",
    batch_size="full",
    seed=1,
)

PRESETS: dict[str, RunConfig] = {
    # The first tutorial's layers on the bundled digits in MNIST's form, one digit at a time.
    "digits": RunConfig(),
    # A network small enough to read every number of: 8x8 pixels, one hidden layer.
    "digits-small": RunConfig(
        dataset="digits",
        dataset_args={"size": 8},
        sizes=(64, 32, 10),
        activations=("relu", "softmax"),
        init="he_normal",
        learning_rate=0.03,
        batch_size=10,
    ),
    # Two deep networks of the same form, to look inside: in the first the error fades on its way back, in the second
    # each layer feels it (LeCun et al. 1998 and Glorot & Bengio 2010 on sigmoids, He et al. 2015 on how to start ReLU).
    "six-sigmoid-layers": RunConfig(sizes=(784, *(32,) * 6, 10), activations="sigmoid", learning_rate=0.1),
    "six-relu-layers": RunConfig(sizes=(784, *(32,) * 6, 10), activations="relu", init="he_normal", learning_rate=0.01),
    # The first tutorial as published: squared error behind a softmax whose Jacobian is cut to its diagonal.
    "hansen-as-published": RunConfig(
        dataset="mnist",
        dataset_args={"split": "hansen"},
        bias=False,
        init="fan_out_normal",
        loss="mse",
        bug=("softmax_diagonal",),
        learning_rate=0.001,
        shuffle=False,
    ),
    # The same layers as one would train them: cross-entropy, biases, a learning rate that learns and then settles.
    "hansen-corrected": RunConfig(
        dataset="mnist",
        init="fan_out_normal",
        learning_rate=0.1,
        schedule="cosine",
        schedule_args={"steps": 60_000, "final": 0.05},
    ),
    # The second tutorial as published: full batches, and both bias gradients summed into one number.
    "zhang-as-published": ZHANG.replace(bug=("summed_bias_gradient", "wrong_batch_count")),
    "zhang-corrected": ZHANG,
    # TensorFlow Playground's six problems with its settings; the spiral with the inputs and the layers that it takes.
    "playground": PLAYGROUND,
    "playground-xor": PLAYGROUND.replace(dataset="xor"),
    "playground-gauss": PLAYGROUND.replace(dataset="gauss"),
    "playground-spiral": PLAYGROUND.replace(
        dataset="spiral",
        dataset_args={"features": ["x1", "x2", "sin_x1", "sin_x2"]},
        sizes=(4, 8, 8, 1),
    ),
    "playground-plane": PLAYGROUND.replace(dataset="plane", activations=("tanh", "tanh", "identity")),
    "playground-hills": PLAYGROUND.replace(
        dataset="hills", sizes=(2, 8, 8, 1), activations=("tanh", "tanh", "identity")
    ),
    # Beyond it: more classes than two, one output each.
    "clouds": PLAYGROUND.replace(
        dataset="blobs",
        dataset_args={"classes": 5},
        sizes=(2, 6, 5),
        activations=("tanh", "softmax"),
        loss="cross_entropy",
        learning_rate=0.1,
    ),
}


class Published(NamedTuple):
    """What a tutorial's author reports: shares of right answers after so many updates, and on which split's curve."""

    column: str
    steps: tuple[int, ...]
    accuracy: tuple[float, ...]


_EPOCHS = tuple(range(59_500, 595_001, 59_500))
_HANSEN = (0.3035, 0.3391, 0.3530, 0.3718, 0.3978, 0.4338, 0.4769, 0.5127, 0.5415, 0.5648)

#: The results that both versions of a tutorial are compared with.
PUBLISHED: dict[str, Published] = {
    "hansen-as-published": Published("heldout_accuracy", _EPOCHS, _HANSEN),
    "hansen-corrected": Published("heldout_accuracy", _EPOCHS, _HANSEN),
    "zhang-as-published": Published("accuracy", (500,), (0.85,)),
    "zhang-corrected": Published("accuracy", (500,), (0.85,)),
}

#: What the menu says of each preset.
PRESET_TITLES: dict[str, str] = {
    "digits": "Digits, 784-128-64-10",
    "digits-small": "Small digits, 64-32-10",
    "six-sigmoid-layers": "Six sigmoid layers",
    "six-relu-layers": "Six ReLU layers, He start",
    "hansen-as-published": "Tutorial A as published",
    "hansen-corrected": "Tutorial A corrected",
    "zhang-as-published": "Tutorial B as published",
    "zhang-corrected": "Tutorial B corrected",
    "playground": "Circle, 2-4-2-1",
    "playground-xor": "Exclusive or, 2-4-2-1",
    "playground-gauss": "Two clouds, 2-4-2-1",
    "playground-spiral": "Spiral, 4-8-8-1",
    "playground-plane": "Plane (regression), 2-4-2-1",
    "playground-hills": "Hills and valleys, 2-8-8-1",
    "clouds": "Five clouds, 2-6-5",
}
