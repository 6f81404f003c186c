"""Generated datasets on the plane: those of TensorFlow Playground by its formulas, and moons, rings and blobs.
Every point comes from the seed. Each class has the same number of points, in training and held out, so that
guessing gets exactly one in so many right, also where noise turns labels over.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..arguments import Argument
from .dataset import Dataset, Source
from .plane import COMMON, EXTENT, LETTERS, plane_dataset, snapped

#: Draws at least `count` candidates at a noise from 0 to 0.5, of so many classes: points (m, 2) and labels (m,).
Draw = Callable[[int, float, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def circle(count: int, noise: float, classes: int, rng: np.random.Generator):
    """A disc (class B, radius up to 2.5) inside a ring (class A, 3.5 to 5), as in TensorFlow Playground.

    Noise shifts a point by up to 5 * noise a coordinate before its label is read; the point stays where it was.
    """
    half = count // 2
    radius = np.concatenate([rng.uniform(0, 2.5, half), rng.uniform(3.5, 5, count - half)])
    angle = rng.uniform(0, 2 * np.pi, count)
    points = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    read_at = points + noise * rng.uniform(-5, 5, (count, 2))
    return points, np.hypot(*read_at.T) < 2.5


def xor(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Class B where both coordinates have the same sign, else A, with a gap of 0.3 beside the axes, as in TensorFlow
    Playground. Noise shifts a point by up to 5 * noise a coordinate before its label is read.
    """
    points = rng.uniform(-5, 5, (count, 2))
    points += np.where(points > 0, 0.3, -0.3)
    read_at = points + noise * rng.uniform(-5, 5, (count, 2))
    return points, read_at[:, 0] * read_at[:, 1] >= 0


def gauss(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Two round clouds around (-2, -2), class A, and (2, 2), class B, as in TensorFlow Playground: the variance a
    coordinate is 0.5 without noise and grows to 4 at 50 %.
    """
    labels = np.arange(count) % 2
    centres = np.where(labels == 1, 2.0, -2.0)[:, None]
    return centres + np.sqrt(0.5 + 7 * noise) * rng.standard_normal((count, 2)), labels


def spiral(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Two arms of 1.75 turns out to a radius of 5, evenly dotted, as in TensorFlow Playground. Noise shifts the points
    by up to `noise` a coordinate.
    """
    along = np.repeat(np.arange(count // 2) / (count // 2), 2)
    labels = np.tile([1, 0], count // 2)
    turn = 1.75 * 2 * np.pi * along + np.pi * (labels == 0)
    points = 5 * along[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return points + noise * rng.uniform(-1, 1, points.shape), labels


def moons(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Two half circles of radius 3 that reach into each other; noise blurs them by 1.8 * noise (standard deviation)."""
    labels = np.arange(count) % 2
    turn = rng.uniform(0, np.pi, count)
    upper = np.stack([np.cos(turn) - 0.5, np.sin(turn) - 0.25], axis=1)
    points = 3 * np.where(labels[:, None] == 1, -upper, upper)
    return points + 1.8 * noise * rng.standard_normal(points.shape), labels


def rings(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Concentric rings out to a radius of 5, each half as wide as its place; noise blurs them by noise * place."""
    labels = np.arange(count) % classes
    place = 5 / classes
    radius = place * (labels + rng.uniform(0.25, 0.75, count))
    angle = rng.uniform(0, 2 * np.pi, count)
    points = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + noise * place * rng.standard_normal(points.shape), labels


def blobs(count: int, noise: float, classes: int, rng: np.random.Generator):
    """Round clouds with centres evenly on a circle of radius 4; their standard deviation is a quarter of half the way
    to the next centre (at most 0.5), two and a half times as much at 50 % noise.
    """
    labels = np.arange(count) % classes
    angle = 2 * np.pi * labels / classes
    centres = 4 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    spread = min(4 * np.sin(np.pi / classes), 2.0) * (0.25 + 0.75 * noise)
    return centres + spread * rng.standard_normal(centres.shape), labels


def plane(points: np.ndarray) -> np.ndarray:
    """(x1 + x2) / 10, as in TensorFlow Playground."""
    return points.sum(axis=1) / 10


def hills(points: np.ndarray) -> np.ndarray:
    """Three hills (+1) and three valleys (-1) in turn, cones of radius 2, as TensorFlow Playground's second regression:
    centres at x1 = -4, 0, 4 and x2 = 2.5, -2.5; the nearest one counts, 1 - distance / 2.
    """
    centres = np.array([[-4, 2.5], [0, 2.5], [4, 2.5], [-4, -2.5], [0, -2.5], [4, -2.5]])
    signs = np.array([1, -1, 1, -1, 1, -1])
    distance = np.hypot(*(points[:, None, :] - centres).transpose(2, 0, 1))
    nearest = distance.argmin(axis=1)
    return signs[nearest] * np.clip(1 - distance.min(axis=1) / 2, 0, 1)


def classification(draw: Draw, name: str, args: dict[str, Any]) -> Dataset:
    """Draws until every class has its share of the points; a point off the plane is drawn again."""
    rng = np.random.default_rng([args["seed"], 3])
    classes = args.get("classes", 2)
    per_class = args["n"] // classes
    kept: list[list[np.ndarray]] = [[] for _ in range(classes)]
    while min(sum(map(len, drawn)) for drawn in kept) < per_class:
        points, labels = draw(per_class * classes, args["noise"] / 100, classes, rng)
        inside = np.abs(points).max(axis=1) <= EXTENT
        for one, drawn in enumerate(kept):
            drawn.append(points[inside & (labels == one)])
    chosen = [rng.permutation(np.concatenate(drawn)[:per_class]) for drawn in kept]
    rows = np.arange(per_class * classes).reshape(classes, per_class)
    trains = min(max(round(per_class * args["train_share"] / 100), 1), per_class - 1)
    return plane_dataset(
        name,
        args,
        points=np.concatenate(chosen),
        targets=np.repeat(np.arange(classes), per_class),
        train=rng.permutation(rows[:, :trains].ravel()),
        heldout=rng.permutation(rows[:, trains:].ravel()),
        classes=LETTERS[:classes],
    )


def regression(value: Callable[[np.ndarray], np.ndarray], name: str, args: dict[str, Any]) -> Dataset:
    """Points spread evenly over the plane; noise shifts a point by up to 6 * noise a coordinate before its value is
    read, as in TensorFlow Playground.
    """
    rng = np.random.default_rng([args["seed"], 3])
    points = snapped(rng.uniform(-EXTENT, EXTENT, (args["n"], 2))).astype(np.float64)
    read_at = points + args["noise"] / 100 * rng.uniform(-EXTENT, EXTENT, points.shape)
    rows = np.arange(args["n"])
    trains = round(args["n"] * args["train_share"] / 100)
    return plane_dataset(
        name,
        args,
        points=points,
        targets=snapped(value(read_at))[:, None],
        train=rows[:trains],
        heldout=rows[trains:],
    )


def _source(name: str, title: str, what: str, build: Callable, *, n: int = 500, noise: int = 0, **more: Argument):
    return Source(
        name=name,
        title=title,
        what=what,
        kind="plane",
        task="regression" if build.func is regression else "classification",
        arguments={
            "n": Argument(n, 20, 5000, "how many points, training and held out together", whole=True),
            "noise": Argument(noise, 0, 50, "percent of noise in the points or their labels"),
            **COMMON,
            **more,
        },
        build=build,
    )


SOURCES = (
    _source("circle", "Circle", "a disc inside a ring", partial(classification, circle)),
    _source("xor", "Exclusive or", "same sign or different signs", partial(classification, xor)),
    _source("gauss", "Two clouds", "two round clouds side by side", partial(classification, gauss)),
    _source("spiral", "Spiral", "two arms wound around each other", partial(classification, spiral)),
    _source("moons", "Moons", "two half circles that interlock", partial(classification, moons), noise=10),
    _source(
        "rings",
        "Rings",
        "rings around each other",
        partial(classification, rings),
        classes=Argument(3, 2, 5, "how many rings", whole=True),
    ),
    _source(
        "blobs",
        "Many clouds",
        "up to ten round clouds in a circle",
        partial(classification, blobs),
        classes=Argument(4, 2, 10, "how many clouds", whole=True),
    ),
    _source("plane", "Plane (regression)", "a slope to learn as a number", partial(regression, plane), n=1200),
    _source("hills", "Hills and valleys (regression)", "six cones up and down", partial(regression, hills), n=1200),
)
