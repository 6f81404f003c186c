"""Presets: ready-made configurations by name, each a network worth watching."""

from __future__ import annotations

from .config import RunConfig

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
}

#: What the menu says of each preset.
PRESET_TITLES: dict[str, str] = {
    "digits": "Digits, 784-128-64-10",
    "digits-small": "Small digits, 64-32-10",
}
