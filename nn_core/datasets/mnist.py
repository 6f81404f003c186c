"""MNIST: 70,000 handwritten digits of 28x28 pixels, by Yann LeCun, Corinna Cortes, Christopher Burges (CC BY-SA 3.0).
They come from the folder that NN_DATA_DIR names, else from the cache folder, which a download fills once.
"""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import Argument
from .choices import OneOf
from .dataset import Dataset, DataUnavailable, Outline, Source
from .download import download
from .files import KnownFile, WrongContent, cache_folder, find, from_cache, from_folder, place_of

#: Images and labels of the 60,000 (the first two) and of the 10,000; sizes and hashes of the unpacked files.
FILES = (
    KnownFile(
        "train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016
    ),
    KnownFile("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008),
    KnownFile("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016),
    KnownFile("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008),
)
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
CLASSES = tuple("0123456789")
N_TRAIN, N_ALL = 60_000, 70_000
IMAGES_HEADER, LABELS_HEADER = 16, 8


def standard(seed: int) -> dict[str, np.ndarray]:
    """The 60,000 as 55,000 that train and the last 5,000 held out; the 10,000 are the sealed test set."""
    rows = np.arange(N_ALL)
    return {"train": rows[:55_000], "heldout": rows[55_000:N_TRAIN], "test": rows[N_TRAIN:]}


def hansen(seed: int) -> dict[str, np.ndarray]:
    """The split of Hansen's tutorial: scikit-learn's, of all 70,000, with test_size=0.15 and random_state=42."""
    rows = np.random.RandomState(42).permutation(N_ALL)
    return {"train": rows[10_500:], "heldout": rows[:10_500]}


def zhang(seed: int) -> dict[str, np.ndarray]:
    """The split of Zhang's tutorial: 42,000 of the 70,000, drawn by the seed; 1,000 held out, 41,000 train."""
    rows = np.random.default_rng([seed, 3]).permutation(N_ALL)[:42_000]
    return {"train": rows[1_000:], "heldout": rows[:1_000]}


#: Name -> function of the seed that gives the rows of each split, numbered through the 60,000 and the 10,000.
SPLITS: dict[str, Callable[[int], dict[str, np.ndarray]]] = {"standard": standard, "hansen": hansen, "zhang": zhang}


def mirrors() -> Sequence[str]:
    """The mirrors to ask: those in NN_MNIST_MIRRORS, separated by spaces, else the two public ones."""
    return os.environ.get("NN_MNIST_MIRRORS", "").split() or MIRRORS


def data_folder() -> Path | None:
    """The folder that NN_DATA_DIR names, or None."""
    return Path(os.environ["NN_DATA_DIR"]) if os.environ.get("NN_DATA_DIR") else None


def present(files: Sequence[KnownFile] = FILES) -> bool:
    """Whether all files are on this machine, going by their names and sizes alone."""
    folder = data_folder()
    try:
        if folder is not None:
            return all(find(file, folder) for file in files)
        cache = cache_folder()
        return all(place_of(file, cache).stat().st_size == file.size for file in files)
    except (OSError, DataUnavailable):
        return False


def bring(
    progress: Callable[[int, int], None] | None = None,
    cancel: threading.Event | None = None,
    files: Sequence[KnownFile] = FILES,
    **patience: float,
) -> None:
    """Makes sure that all files are on this machine and right; downloads what is missing unless NN_DATA_DIR is set.

    `progress(done, total)` counts unpacked bytes; `patience` goes to `download`. Raises DataUnavailable.
    """
    if data_folder() is None:
        download("MNIST", files, mirrors(), cache_folder(), progress=progress, cancel=cancel, **patience)
    else:
        opened(files)


def opened(files: Sequence[KnownFile] = FILES) -> list[np.ndarray]:
    """The unpacked files, each uint8 (size,) and read-only; DataUnavailable with a sentence where one is not here."""
    folder = data_folder()
    if folder is not None:
        return [_from_data_folder(file, folder) for file in files]
    arrays = [from_cache(file, cache_folder()) for file in files]
    for file, array in zip(files, arrays, strict=True):
        if array is None:
            raise DataUnavailable(f"{file.name} is not in {cache_folder()}; download MNIST again.")
    return arrays


def _from_data_folder(file: KnownFile, folder: Path) -> np.ndarray:
    advice = "put MNIST's four files there, or unset NN_DATA_DIR to have them downloaded"
    if not folder.is_dir():
        raise DataUnavailable(f"NN_DATA_DIR names {folder}, which is not a folder; {advice}.")
    try:
        return from_folder(file, folder, cache_folder())
    except FileNotFoundError:
        raise DataUnavailable(
            f"{folder}, which NN_DATA_DIR names, holds no {file.name} (nor {file.name}.gz); {advice}."
        ) from None
    except WrongContent as problem:
        raise DataUnavailable(f"{file.name} in {folder} is not MNIST's: it {problem}; {advice}.") from None
    except OSError as problem:
        raise DataUnavailable(
            f"{file.name} in {folder} cannot be read ({problem.strerror or problem}); {advice}."
        ) from problem


def build(name: str, args: dict[str, Any]) -> Dataset:
    """The Dataset, from files that are here; DataUnavailable where one is missing or wrong."""
    train_images, train_labels, test_images, test_labels = opened()
    return Dataset(
        name,
        args,
        parts=[images[IMAGES_HEADER:].reshape(-1, 784) for images in (train_images, test_images)],
        targets=np.concatenate([train_labels[LABELS_HEADER:], test_labels[LABELS_HEADER:]]).astype(np.int64),
        splits={split: rows.astype(np.int32) for split, rows in SPLITS[args["split"]](args["seed"]).items()},
        classes=CLASSES,
        scale=255,
        image_shape=(28, 28),
        content=" ".join(file.sha256 for file in FILES),
    )


SOURCE = Source(
    name="mnist",
    title="MNIST",
    what="70,000 real handwritten digits, downloaded once (11 MB)",
    kind="images",
    task="classification",
    arguments={
        "split": OneOf("standard", tuple(SPLITS), "which digits train: MNIST's own split or a tutorial's"),
        "seed": Argument(0, 0, 2**31 - 1, "which digits are drawn, for zhang's split", whole=True),
    },
    build=build,
    bring=bring,
    present=present,
    form=Outline(784, CLASSES, "classification", (28, 28)),
)
