"""A Dataset is what a network learns from: rows of numbers with their labels, cut into a part that trains, a part
that is held out, and sometimes a sealed test set. It keeps the rows as small as they came (one byte a pixel, perhaps
in a file shared by many processes) and turns into float32 only those that are asked for.
"""

import hashlib
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..arguments import Argument, check_arguments
from .choices import OneOf, Ruled, SomeOf

SPLITS = ("train", "heldout", "test")


class DataUnavailable(Exception):
    """The data cannot be had here and now; the message is one sentence for the learner, saying why and what to do."""


class Dataset:
    """Rows, labels and their splits; everything handed out is read-only.

    `parts` are arrays (rows, features) that count as stacked on each other: uint8 values from 0 to `scale`, or
    float32 features as they are when `scale` is None. `targets` are their labels: int64 (rows,) classes, or float32
    (rows, 1) values for regression. `splits` maps "train", "heldout" and perhaps "test" to row numbers, in the order
    in which an unshuffled epoch visits them. `content` names the bytes of `parts` and `targets` where a hash of them
    is known already.

    `points` (rows, 2) and `features` belong to datasets on the plane: the raw coordinates of every row, and the
    function that turns coordinates (n, 2) into inputs (n, features), so that a field can be asked for on a grid.
    """

    def __init__(
        self,
        name: str,
        args: Mapping[str, Any],
        *,
        parts: Sequence[np.ndarray],
        targets: np.ndarray,
        splits: Mapping[str, np.ndarray],
        classes: Sequence[str] = (),
        scale: int | None = None,
        image_shape: tuple[int, int] | None = None,
        content: str | None = None,
        points: np.ndarray | None = None,
        features: Callable[[np.ndarray], np.ndarray] | None = None,
        feature_names: Sequence[str] = (),
    ):
        self.name = name
        self.args = dict(args)
        self.classes = tuple(classes)
        self.image_shape = image_shape
        self.features = features
        self.feature_names = tuple(feature_names)
        self.n_features = parts[0].shape[1]
        self._parts = tuple(_read_only(part) for part in parts)
        self._targets = _read_only(targets)
        self._rows = {split: _read_only(splits.get(split, np.empty(0, np.int32))) for split in SPLITS}
        self._scale = None if scale is None else np.float32(scale)
        self._content = content
        self._points = None if points is None else _read_only(points)
        self._labels: dict[str, np.ndarray] = {}
        self._built: weakref.WeakValueDictionary[str, np.ndarray] = weakref.WeakValueDictionary()

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def n_train(self) -> int:
        return self.count("train")

    @property
    def n_heldout(self) -> int:
        return self.count("heldout")

    @property
    def n_test(self) -> int:
        return self.count("test")

    def count(self, split: str) -> int:
        """How many rows the split has."""
        return len(self._index(split))

    def take(self, split: str, rows) -> np.ndarray:
        """Rows of a split as float32 (len(rows), features), scaled to [0, 1] where they are pixels.

        `rows` is a slice or an array of integers within the split. The array is the caller's own.
        """
        taken = self._gather(self._index(split)[rows])
        return taken if self._scale is None else np.divide(taken, self._scale, dtype=np.float32)

    def labels(self, split: str) -> np.ndarray:
        """The split's labels, int64 (n,); its target values, float32 (n, 1), for regression."""
        if split not in self._labels:
            self._labels[split] = _read_only(self._targets[self._index(split)])
        return self._labels[split]

    def image(self, split: str, row: int) -> np.ndarray:
        """One row as a picture, uint8 (height, width) from 0 to 255; ValueError where rows are not pictures."""
        if self.image_shape is None:
            raise ValueError(f"The dataset {self.name!r} holds no pictures.")
        pixels = self.take(split, [row]).reshape(self.image_shape)
        return np.rint(pixels * 255).astype(np.uint8)

    @property
    def x_train(self) -> np.ndarray:
        """float32 (n_train, features)"""
        return self._inputs("train")

    @property
    def y_train(self) -> np.ndarray:
        """int64 (n_train,), or float32 (n_train, 1) for regression"""
        return self.labels("train")

    @property
    def x_heldout(self) -> np.ndarray:
        """float32 (n_heldout, features)"""
        return self._inputs("heldout")

    @property
    def y_heldout(self) -> np.ndarray:
        """int64 (n_heldout,), or float32 (n_heldout, 1) for regression"""
        return self.labels("heldout")

    @property
    def x_test(self) -> np.ndarray | None:
        """float32 (n_test, features) of the sealed test set, or None where there is none"""
        return self._inputs("test") if self.n_test else None

    @property
    def y_test(self) -> np.ndarray | None:
        """int64 (n_test,) of the sealed test set, or None where there is none"""
        return self.labels("test") if self.n_test else None

    @property
    def points_train(self) -> np.ndarray | None:
        """Coordinates of the training points, float32 (n_train, 2); None away from the plane"""
        return None if self._points is None else _read_only(self._points[self._index("train")])

    @property
    def points_heldout(self) -> np.ndarray | None:
        """Coordinates of the held-out points, float32 (n_heldout, 2); None away from the plane"""
        return None if self._points is None else _read_only(self._points[self._index("heldout")])

    @cached_property
    def sha256(self) -> str:
        """Identifies the content: the rows, the labels, and which row is in which split at which place.

        On the plane the coordinates stand for the rows: inputs computed from them may differ in the last bit between
        processors, the coordinates do not.
        """
        digest = hashlib.sha256()
        head = {"classes": self.classes, "image_shape": self.image_shape, "features": self.feature_names}
        digest.update(json.dumps(head, sort_keys=True).encode())
        digest.update((self._content or self._hash_of_rows()).encode())
        for split in SPLITS:
            rows = np.ascontiguousarray(self._rows[split], dtype="<i4")
            digest.update(f"{split} {len(rows)}".encode() + rows.tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        args = "".join(f", {name}={value!r}" for name, value in self.args.items() if name != "points")
        return (
            f"Dataset({self.name!r}{args}: {self.n_train:,} train, {self.n_heldout:,} held out, {self.n_test:,} test)"
        )

    def _index(self, split: str) -> np.ndarray:
        if split not in self._rows:
            raise ValueError(f"There is no split {split!r}; there are {', '.join(SPLITS)}.")
        return self._rows[split]

    def _inputs(self, split: str) -> np.ndarray:
        """All of a split's rows. Whoever holds the array shares it; nobody else keeps a float copy alive."""
        built = self._built.get(split)
        if built is None:
            built = self.take(split, slice(None))
            built.flags.writeable = False
            self._built[split] = built
        return built

    def _gather(self, index: np.ndarray) -> np.ndarray:
        """The numbered rows of the stacked parts, (len(index), features), in the parts' own type."""
        if len(self._parts) == 1:
            return self._parts[0][index]
        gathered = np.empty((len(index), self.n_features), self._parts[0].dtype)
        start = 0
        for part in self._parts:
            inside = (index >= start) & (index < start + len(part))
            gathered[inside] = part[index[inside] - start]
            start += len(part)
        return gathered

    def _hash_of_rows(self) -> str:
        digest = hashlib.sha256()
        for array in (*(self._parts if self._points is None else (self._points,)), self._targets):
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(f"{little.dtype.str} {little.shape}".encode() + little.tobytes())
        return digest.hexdigest()


class Outline(NamedTuple):
    """What of a dataset decides a network's two ends; it is known before the data is here. Fields as in Dataset."""

    n_features: int
    classes: tuple[str, ...]
    task: str
    image_shape: tuple[int, int] | None


@dataclass(frozen=True)
class Source:
    """An entry of DATASETS: what a menu needs to know of a dataset, and the call that builds it.

    `kind` is "images" or "plane", `task` "classification" or "regression". `build(name, args)` gets every argument,
    checked, and makes the dataset of what is on this machine. Where data has to come from elsewhere,
    `bring(progress=, cancel=)` gets it here (behind `prepare`), `present()` says whether it is (behind `ready`), and
    `form` is its outline.
    """

    name: str
    title: str
    what: str
    kind: str
    task: str
    arguments: Mapping[str, Argument | OneOf | SomeOf | Ruled]
    build: Callable[[str, dict[str, Any]], Dataset] = field(repr=False)
    bring: Callable[..., None] | None = field(default=None, repr=False)
    present: Callable[[], bool] | None = field(default=None, repr=False)
    form: Outline | None = field(default=None, repr=False)

    def __call__(self, /, **args: Any) -> Dataset:
        """The dataset, brought first where it is missing, which may take minutes. ValueError with a sentence for an
        argument that does not fit, DataUnavailable where the data cannot be had."""
        try:
            return self.here(**args)
        except DataUnavailable:
            if self.bring is None:
                raise
        self.prepare()
        return self.here(**args)

    def here(self, /, **args: Any) -> Dataset:
        """The same of what is on this machine, at once; DataUnavailable where that is not all of it."""
        return self.build(self.name, self.checked(**args))

    def outline(self, /, **args: Any) -> Outline:
        """What decides a network's two ends, without waiting for data; ValueError for an argument that does not fit."""
        if self.form is not None:
            self.checked(**args)
            return self.form
        data = self.here(**args)
        return Outline(data.n_features, data.classes, data.task, data.image_shape)

    def checked(self, /, **args: Any) -> dict[str, Any]:
        """All arguments, defaults filled in, without building anything; ValueError with a sentence."""
        return check_arguments(self.name, self.arguments, args)

    def ready(self) -> bool:
        """Whether the call works without the network."""
        return self.present is None or self.present()

    def prepare(self, progress: Callable[[int, int], None] | None = None, cancel: Any = None) -> None:
        """Brings the data onto this machine, if it is not there: `progress(bytes done, bytes in all)` as it comes,
        until `cancel` (like threading.Event) is set; DataUnavailable with a sentence when it cannot be had."""
        if self.bring is not None:
            self.bring(progress=progress, cancel=cancel)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = np.asarray(array)[...]
    view.flags.writeable = False
    return view
