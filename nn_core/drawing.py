"""A learner's own drawing as a picture for the network, brought into the form that MNIST's digits have.

MNIST's digits were scaled to fit a box of 20x20 pixels, their proportions kept, and put into 28x28 pixels so that their
centre of mass is in the middle (LeCun, Cortes & Burges, "The MNIST database of handwritten digits"). A drawing comes as
the path of the pen, so it is scaled before it becomes pixels and stays sharp however small it was drawn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

#: A drawing: strokes, each a path of points x, y, x, y, ... in thousandths of the drawing surface's side.
Strokes = tuple[tuple[int, ...], ...]

#: What a drawing may have at most, and how far its surface reaches.
MAX_STROKES, MAX_POINTS, SIDE = 64, 3000, 1000

#: The box of MNIST's digits as a share of the picture's side; pictures of less than 16 pixels are filled to the edge.
BOX, LEAST_SIDE = 20 / 28, 16
#: The pen's width as a share of the box: about that of MNIST's digits (2.6 of 20 pixels). Our choice.
PEN = 0.13
#: Drawings smaller than this share of the surface are not blown up to fill the box: a dot stays a dot. Our choice.
LEAST = 0.08


def check_strokes(value: Any) -> Strokes:
    """Strokes out of plain lists. Raises ValueError with a sentence for anything else, and for too many points."""
    if not isinstance(value, list | tuple) or len(value) > MAX_STROKES:
        raise ValueError(f"A drawing must be a list of at most {MAX_STROKES} strokes.")
    strokes = []
    for stroke in value:
        if not isinstance(stroke, list | tuple) or len(stroke) < 2 or len(stroke) % 2:
            raise ValueError("A stroke must be a list x, y, x, y, … of at least one point.")
        if not all(type(number) is int and 0 <= number <= SIDE for number in stroke):
            raise ValueError(f"A stroke's points must be whole numbers from 0 to {SIDE}.")
        strokes.append(tuple(stroke))
    if sum(map(len, strokes)) > 2 * MAX_POINTS:
        raise ValueError(f"A drawing may have {MAX_POINTS:,} points.")
    return tuple(strokes)


@lru_cache(maxsize=8)
def as_picture(strokes: Strokes, shape: tuple[int, int]) -> np.ndarray:
    """The drawing as uint8 (height, width), 0 for paper and 255 for ink, read-only.

    Its longer side fills the box, the other follows; the middle of its ink comes to the middle of the picture.
    """
    height, width = shape
    side = min(shape)
    box = side * BOX if side >= LEAST_SIDE else float(side)
    radius = PEN * box / 2
    starts, ends = _segments(strokes)
    if not len(starts):
        return np.zeros(shape, np.uint8)
    points = np.concatenate([starts, ends])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (box - 2 * radius) / max(float((high - low).max()), LEAST * SIDE)
    centre = np.array([width, height]) / 2
    starts, ends = ((path - (low + high) / 2) * scale + centre for path in (starts, ends))
    ink = _ink(starts, ends, radius, shape)
    shift = centre - _centre_of_mass(ink)
    margin = np.array([width, height]) / 2 - (high - low) * scale / 2 - radius  # what lies free on either side
    shift = np.clip(shift, -margin, margin)
    picture = np.rint(255 * _ink(starts + shift, ends + shift, radius, shape)).astype(np.uint8)
    picture.flags.writeable = False
    return picture


def _segments(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """Where the pen's straight pieces start and end, both float64 (pieces, 2); a dot starts where it ends."""
    starts, ends = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for stroke in strokes:
        path = np.array(stroke, np.float64).reshape(-1, 2)
        starts.append(path[:-1] if len(path) > 1 else path)
        ends.append(path[1:] if len(path) > 1 else path)
    return np.concatenate(starts), np.concatenate(ends)


def _ink(starts: np.ndarray, ends: np.ndarray, radius: float, shape: tuple[int, int]) -> np.ndarray:
    """How far each pixel is covered, float64 (height, width) from 0 to 1: by its centre's distance from the path, soft
    over one pixel at the pen's edge."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width] + 0.5
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)
    nearest = np.full(len(pixels), np.inf)
    for first in range(0, len(starts), 64):
        a, b = starts[first : first + 64], ends[first : first + 64]
        along = b - a
        length = np.maximum((along * along).sum(axis=1), 1e-12)
        away = pixels[:, None] - a
        place = np.clip((away * along).sum(axis=2) / length, 0, 1)
        off = away - place[..., None] * along
        np.minimum(nearest, (off * off).sum(axis=2).min(axis=1), out=nearest)
    return np.clip(radius + 0.5 - np.sqrt(nearest), 0, 1).reshape(shape)


def _centre_of_mass(ink: np.ndarray) -> np.ndarray:
    """The mean place of the ink, (x, y) in pixels, a pixel's centre being at its half."""
    height, width = ink.shape
    total = ink.sum()
    if total == 0:
        return np.array([width, height]) / 2
    return (
        np.array([(ink.sum(axis=0) @ (np.arange(width) + 0.5)), (ink.sum(axis=1) @ (np.arange(height) + 0.5))]) / total
    )
