"""Your own points: painted on the plane or read from a CSV file. They travel in the arguments as a list of
[x1, x2, class], so that a run carries its data with it.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .choices import Ruled
from .dataset import Dataset, Source
from .plane import COMMON, EXTENT, LETTERS, plane_dataset

MOST_POINTS = 2000
FEWEST_POINTS = 4
MOST_CLASSES = 10
LONGEST_LABEL = 40
LARGEST_FILE = 1_000_000

#: Two small groups to begin with.
EXAMPLE = [
    *([x, y, 0] for x, y in ((-3, 2), (-2, 3), (-2, 1), (-4, 1), (-1, 2), (-3, 0), (-4, 3), (-1, 4))),
    *([x, y, 1] for x, y in ((3, -2), (2, -3), (2, -1), (4, -1), (1, -2), (3, 0), (4, -3), (1, -4))),
]


def checked_points(value: Any) -> list[list]:
    """The points as [[x1, x2, class], ...], coordinates rounded to 0.001; ValueError with a sentence."""
    if not isinstance(value, list | tuple):
        raise ValueError("points must be a list of [x1, x2, class].")
    if not FEWEST_POINTS <= len(value) <= MOST_POINTS:
        raise ValueError(f"There are {len(value):,} points, but must be from {FEWEST_POINTS} to {MOST_POINTS:,}.")
    return [_checked_point(number, point) for number, point in enumerate(value, 1)]


def _checked_point(number: int, point: Any) -> list:
    if not isinstance(point, list | tuple) or len(point) != 3:
        raise ValueError(f"Point {number} must be [x1, x2, class].")
    x1, x2, one = point
    for value in (x1, x2):
        if isinstance(value, bool) or not isinstance(value, int | float) or not -EXTENT <= value <= EXTENT:
            raise ValueError(
                f"Point {number} has a coordinate that is not a number from -{EXTENT:.0f} to {EXTENT:.0f}."
            )
    if isinstance(one, bool) or not isinstance(one, int | float) or one not in range(MOST_CLASSES):
        raise ValueError(f"Point {number} has a class that is not a whole number from 0 to {MOST_CLASSES - 1}.")
    return [round(float(x1), 3), round(float(x2), 3), int(one)]


def checked_labels(value: Any) -> list[str]:
    """The classes' names in order, perhaps none; ValueError with a sentence."""
    fits = isinstance(value, list | tuple) and len(value) <= MOST_CLASSES
    if not fits or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_LABEL for one in value):
        raise ValueError(f"labels must be a list of up to {MOST_CLASSES} names of 1 to {LONGEST_LABEL} characters.")
    if len(set(value)) < len(value):
        raise ValueError("labels must differ from each other.")
    return list(value)


def build(name: str, args: dict[str, Any]) -> Dataset:
    """Splits each class by itself, and holds out at least one point of all."""
    table = np.array(args["points"], np.float64)
    points, targets = table[:, :2], table[:, 2].astype(np.int64)
    count = max(2, targets.max() + 1, len(args["labels"]))
    labels = [*args["labels"], *(letter for letter in LETTERS if letter not in args["labels"])][:count]
    order = np.random.default_rng([args["seed"], 3]).permutation(len(points))
    held = []
    for one in range(count):
        rows = order[targets[order] == one]
        held.append(rows[: int(len(rows) * (100 - args["train_share"]) / 100)])
    heldout = np.concatenate(held) if any(map(len, held)) else order[:1]
    return plane_dataset(
        name,
        args,
        points=points,
        targets=targets,
        train=order[~np.isin(order, heldout)],
        heldout=order[np.isin(order, heldout)],
        classes=labels,
    )


def parse_csv(data: bytes | str) -> tuple[dict[str, Any], str]:
    """Arguments for `points` from a CSV file of two numbers and a label a line, and a sentence on what was read.

    Commas, semicolons or tabs separate; a first line of headings is skipped. Values that leave the plane, or that
    crowd its middle, are scaled to -5 to 5, each column by itself. ValueError with a sentence for any other file.
    """
    rows = _rows(_text(data))
    if rows and len(rows[0][1]) == 3 and all(_number(cell) is None for cell in rows[0][1][:2]):
        rows = rows[1:]
    if not FEWEST_POINTS <= len(rows) <= MOST_POINTS:
        raise ValueError(f"The file has {len(rows):,} points, but must have from {FEWEST_POINTS} to {MOST_POINTS:,}.")
    points = np.empty((len(rows), 2))
    names = []
    for i, (line, cells) in enumerate(rows):
        if len(cells) != 3:
            raise ValueError(f"Line {line} must have three columns, two numbers and a label, but has {len(cells)}.")
        for j in range(2):
            value = _number(cells[j])
            if value is None:
                raise ValueError(f"Line {line}, column {j + 1} holds {cells[j][:20]!r}, which is not a number.")
            points[i, j] = value
        if not cells[2]:
            raise ValueError(f"Line {line} has no label in its third column.")
        names.append(cells[2][:LONGEST_LABEL])
    labels = _in_order(names)
    if len(labels) > MOST_CLASSES:
        raise ValueError(
            f"The third column holds {len(labels):,} different labels, but may hold at most {MOST_CLASSES}; "
            "it must name each point's class."
        )
    if len(labels) < 2:
        raise ValueError(f"All labels are {labels[0]!r}; there must be at least two different ones to tell apart.")
    points, scaled = _on_plane(points)
    number = {label: one for one, label in enumerate(labels)}
    args = {
        "points": [
            [round(x1, 3), round(x2, 3), number[name]] for (x1, x2), name in zip(points.tolist(), names, strict=True)
        ],
        "labels": labels,
    }
    note = f"{len(rows):,} points of {len(labels)} classes"
    return args, note + (", each column scaled to the plane." if scaled else ".")


def _text(data: bytes | str) -> str:
    if len(data) > LARGEST_FILE:
        raise ValueError(
            f"The file has more than {LARGEST_FILE // 1_000_000} MB; it must be a CSV of {MOST_POINTS:,} lines at most."
        )
    if isinstance(data, str):
        text = data.removeprefix("\ufeff")
    elif data.startswith(b"PK"):
        raise ValueError("This is a spreadsheet or an archive, not a CSV file; save the sheet as CSV first.")
    else:
        try:
            text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    if any(ord(c) < 32 and c not in "\t\r\n" for c in text):
        raise ValueError("This is not a text file; it must be a CSV file of two numbers and a label a line.")
    if not text.strip():
        raise ValueError("The file is empty; it must hold two numbers and a label a line.")
    return text


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Line numbers and cells of the lines that hold something."""
    lines = text.splitlines()
    first = next(line for line in lines if line.strip())
    separator = max(";\t,", key=first.count) if any(c in first for c in ";\t,") else ","
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as problem:
        raise ValueError(f"The file cannot be read as CSV: {problem}.") from None
    return [(line, cells) for line, cells in rows if any(cells)]


def _number(cell: str) -> float | None:
    """The cell's finite value, with a decimal comma too, or None."""
    try:
        value = float(cell if "." in cell else cell.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _in_order(names: Sequence[str]) -> list[str]:
    """The different names: numbers by value, others by the alphabet."""
    different = sorted(set(names))
    values = {name: _number(name) for name in different}
    return different if None in values.values() else sorted(different, key=values.__getitem__)


def _on_plane(points: np.ndarray) -> tuple[np.ndarray, bool]:
    """The points as they are where they fill the plane, else each column scaled to -5 to 5; and which it was."""
    low, high = points.min(axis=0), points.max(axis=0)
    if np.abs(points).max() <= EXTENT and (high - low).max() >= 2:
        return points, False
    middle = low / 2 + high / 2
    half = np.where(high > low, high / 2 - low / 2, 1)
    return 5 * (points - middle) / half, True


SOURCE = Source(
    name="points",
    title="Your own points",
    what="points that you paint or read from a CSV file",
    kind="plane",
    task="classification",
    arguments={
        "points": Ruled(EXAMPLE, checked_points, f"a list of [x1, x2, class], {MOST_POINTS:,} at most"),
        "labels": Ruled([], checked_labels, "the classes' names"),
        **COMMON,
        "train_share": replace(COMMON["train_share"], default=80),
    },
    build=build,
)
