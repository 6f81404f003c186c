"""The digits that come with the dashboard, with no download: 1,797 pictures of 8x8 pixels, written by 13 people.
They are served as they are, or resampled smoothly to the form of MNIST, a digit of 20x20 centred in 28x28.
Source and licence stand beside the file, in assets/digits.LICENSE.md.
"""

import math
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import Argument
from .choices import OneOf
from .dataset import Dataset, DataUnavailable, Source

FILE = Path(__file__).resolve().parents[2] / "assets" / "digits.npz"
CLASSES = tuple("0123456789")


@cache
def load(path: Path = FILE) -> tuple[np.ndarray, np.ndarray]:
    """The bundled images, uint8 (1797, 8, 8) from 0 to 16, and their labels, int64 (1797,)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"].astype(np.int64)
    except Exception as problem:
        raise DataUnavailable(
            f"The bundled digits cannot be read from {path} ({problem}); get that file again from the project."
        ) from problem
    return images, labels


def resampling_weights(fine: int, coarse: int) -> tuple[np.ndarray, int]:
    """Integer weights (fine, coarse) and their unit, so that weights / unit resamples a line of `coarse` pixels.

    Catmull-Rom's cubic kernel (Keys 1981, a = -1/2) at the centres of the fine pixels; beyond the border there is no
    ink. Whole numbers give the same bytes on every machine.
    """
    centres = [Fraction(2 * i + 1, 2) * coarse / fine - Fraction(1, 2) for i in range(fine)]
    exact = [[_keys(centre - j) for j in range(coarse)] for centre in centres]
    unit = math.lcm(*(weight.denominator for line in exact for weight in line))
    return np.array([[int(weight * unit) for weight in line] for line in exact], np.int64), unit


def _keys(t: Fraction) -> Fraction:
    """Keys' kernel with a = -1/2: 1 at 0, 0 at the other whole numbers, nothing beyond 2."""
    t = abs(t)
    if t < 1:
        return (3 * t**3 - 5 * t**2 + 2) / 2
    if t < 2:
        return (-(t**3) + 5 * t**2 - 8 * t + 4) / 2
    return Fraction(0)


def in_form_of_mnist(images: np.ndarray) -> np.ndarray:
    """Images uint8 (n, 8, 8) from 0 to 16 as uint8 (n, 28, 28) from 0 to 255: 20x20 pixels and a margin of 4."""
    weights, unit = resampling_weights(20, images.shape[1])
    fine = weights @ images.astype(np.int64) @ weights.T * 255  # whole numbers: 16 * unit**2 times the grey value
    whole = 16 * unit**2
    grey = np.clip((2 * fine + whole) // (2 * whole), 0, 255).astype(np.uint8)
    return np.pad(grey, ((0, 0), (4, 4), (4, 4)))


@cache
def _pixels(size: int) -> np.ndarray:
    """Every image as a row, uint8 (1797, size * size); made once a process."""
    images, _ = load()
    return (images if size == 8 else in_form_of_mnist(images)).reshape(len(images), -1)


def split_evenly(labels: np.ndarray, heldout: float, seed: int) -> dict[str, np.ndarray]:
    """Row numbers that train and that are held out, shuffled; of every class the same number is held out.

    So a guess is right for exactly one in `classes` of the held-out rows. `heldout` is in percent of all rows.
    """
    rng = np.random.default_rng([seed, 3])
    classes = np.unique(labels)
    per_class = round(len(labels) * heldout / 100 / len(classes))
    order = rng.permutation(len(labels)).astype(np.int32)
    held = np.concatenate([order[labels[order] == one][:per_class] for one in classes])
    return {"train": order[~np.isin(order, held)], "heldout": order[np.isin(order, held)]}


def build(name: str, args: dict[str, Any]) -> Dataset:
    _, labels = load()
    size = args["size"]
    return Dataset(
        name,
        args,
        parts=[_pixels(size)],
        targets=labels,
        splits=split_evenly(labels, args["heldout"], args["seed"]),
        classes=CLASSES,
        scale=16 if size == 8 else 255,
        image_shape=(size, size),
    )


SOURCE = Source(
    name="digits",
    title="Bundled digits",
    what="1,797 real handwritten digits that need no download",
    kind="images",
    task="classification",
    arguments={
        "size": OneOf(28, (28, 8), "pixels a side: 28 as in MNIST, 8 as they came"),
        "heldout": Argument(20, 5, 50, "percent of the digits kept back to test on"),
        "seed": Argument(0, 0, 2**31 - 1, "which digits are kept back", whole=True),
    },
    build=build,
)
