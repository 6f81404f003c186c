"""What all datasets on the plane share: the plane itself (both coordinates from -6 to 6), the inputs that can be
computed from a point, and the way from labelled points to a Dataset.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arguments import Argument
from .choices import SomeOf
from .dataset import Dataset

EXTENT = 6.0

#: What a network may be given of a point: name -> function of its coordinates x1 and x2.
FEATURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1x2": lambda x1, x2: x1 * x2,
    "sin_x1": lambda x1, x2: np.sin(x1),
    "sin_x2": lambda x1, x2: np.sin(x2),
}

#: Class names on the plane; digits would look like MNIST's.
LETTERS = tuple("ABCDEFGHIJ")

#: The arguments that every dataset on the plane has. Shares and noise are in percent.
COMMON: dict[str, Argument | SomeOf] = {
    "train_share": Argument(50, 10, 90, "percent of the points that train; the others are held out"),
    "seed": Argument(0, 0, 2**31 - 1, "which points are drawn, and which of them train", whole=True),
    "features": SomeOf(("x1", "x2"), tuple(FEATURES), "what the network is given of a point"),
}


def features_of(names: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """The function that turns coordinates (n, 2) into inputs, float32 (n, len(names))."""
    chosen = [FEATURES[name] for name in names]

    def features(points: np.ndarray) -> np.ndarray:
        x1, x2 = np.asarray(points, np.float64).T
        return np.stack([feature(x1, x2) for feature in chosen], axis=1).astype(np.float32)

    return features


def snapped(values: np.ndarray) -> np.ndarray:
    """The values rounded to multiples of 1/65536, as float32.

    sin, cos and log differ in the last bits between processors; on this grid the same points have the same bytes.
    """
    return (np.rint(np.asarray(values, np.float64) * 65536) / 65536).astype(np.float32)


def plane_dataset(
    name: str,
    args: Mapping[str, Any],
    *,
    points: np.ndarray,
    targets: np.ndarray,
    train: np.ndarray,
    heldout: np.ndarray,
    classes: Sequence[str] = (),
) -> Dataset:
    """A Dataset of points (n, 2) with their targets, given the row numbers of both splits."""
    points = snapped(points)
    features = features_of(args["features"])
    return Dataset(
        name,
        args,
        parts=[features(points)],
        targets=targets,
        splits={"train": train.astype(np.int32), "heldout": heldout.astype(np.int32)},
        classes=classes,
        points=points,
        features=features,
        feature_names=args["features"],
    )
