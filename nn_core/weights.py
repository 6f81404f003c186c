"""Weights as a file: every parameter of a network in NumPy's .npz, without pickle, and back again as a run's beginning.

The arrays are named "0.W", "0.b", "1.W", ... as in a checkpoint; "about" holds the layers' activations as JSON. A file
that a run began with is kept beside the stored runs under the SHA-256 of its content, which the run's configuration
names: so that run, too, is its configuration and its events.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .datasets.dataset import DataUnavailable
from .folders import runs_folder
from .network import Network

#: A file of weights is no longer than this, in bytes, neither as it is nor unpacked.
MAX_FILE = 16 * 2**20
MAX_UNPACKED = 64 * 2**20
MAX_ARRAYS = 80

_NAME = re.compile(r"(\d{1,2})\.(W|b|gamma|beta)")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def pack_weights(network: Network) -> bytes:
    """The bytes of an .npz with a network's parameters."""
    arrays = {
        f"{l}.{name}": array for l, layer in enumerate(network.layers) for name, array in layer._parameters().items()
    }
    about = np.frombuffer(json.dumps({"activations": list(network.activations)}).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, about=about, **arrays)
    return buffer.getvalue()


def read_weights(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Check a file of weights; returns the fields of a RunConfig that follow from it (sizes, activations, bias,
    batch_norm) and its arrays by name. Raises ValueError with a sentence for anything else."""
    if len(data) > MAX_FILE:
        raise ValueError(f"A file of weights may have {MAX_FILE // 2**20} MB; this one has more.")
    arrays = _arrays(data)
    about = arrays.pop("about", None)
    layers: dict[int, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        place, kind = _NAME.fullmatch(name).groups()
        layers.setdefault(int(place), {})[kind] = array
    if sorted(layers) != list(range(len(layers))) or not all("W" in layer for layer in layers.values()):
        raise ValueError("This file of weights has gaps: every layer from 0 on needs its array W.")
    sizes = [layers[0]["W"].shape[0]]
    for l in range(len(layers)):
        weights = layers[l]["W"]
        if weights.ndim != 2 or weights.shape[0] != sizes[-1]:
            raise ValueError(f"The array {l}.W does not fit: it has to have {sizes[-1]:,} rows, one for each input.")
        sizes.append(weights.shape[1])
        for kind, array in layers[l].items():
            if kind != "W" and array.shape != (sizes[-1],):
                raise ValueError(f"The array {l}.{kind} does not fit: it has to have {sizes[-1]:,} numbers.")
    biases = {"b" in layer for layer in layers.values()}
    normed = {("gamma" in layers[l], "beta" in layers[l]) for l in range(len(layers) - 1)}
    if len(biases) > 1 or len(normed) > 1 or normed & {(True, False), (False, True)}:
        raise ValueError("In this file of weights some layers have biases or normalization and others do not.")
    fields = {"sizes": sizes, "bias": biases == {True}, "batch_norm": normed == {(True, True)}}
    names = _activations(about, len(layers))
    return fields | ({"activations": names} if names else {}), arrays


def keep_weights(data: bytes) -> str:
    """Keep a checked file of weights beside the runs and return the SHA-256 that a configuration names it by.

    Raises ValueError, in one sentence, where it is no such file or cannot be kept.
    """
    read_weights(data)
    digest = hashlib.sha256(data).hexdigest()
    path = _path(digest)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)
    except OSError as problem:
        raise ValueError(f"The weights cannot be kept in {path.parent} ({problem.strerror or problem}).") from None
    return digest


def begin_with(network: Network, digest: str) -> None:
    """Write kept weights into a fresh network. Raises DataUnavailable where they are not here, ValueError where they
    do not fit it."""
    try:
        data = _path(digest).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise DataUnavailable("The weights that this run began with are not on this computer; it waits for them.")
    fields, arrays = read_weights(data)
    if tuple(fields["sizes"]) != tuple(network.sizes):
        raise ValueError(f"sizes: the weights that this run begins with are for {'-'.join(map(str, fields['sizes']))}.")
    for l, layer in enumerate(network.layers):
        for name, parameter in layer._parameters().items():
            if f"{l}.{name}" not in arrays:
                raise ValueError(f"start: the weights that this run begins with lack {l}.{name}.")
            parameter[...] = arrays[f"{l}.{name}"]


def is_digest(text: Any) -> bool:
    """Whether a text has the form of a SHA-256."""
    return isinstance(text, str) and bool(_DIGEST.fullmatch(text))


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            names = [entry.filename.removesuffix(".npy") for entry in listed]
            if sum(entry.file_size for entry in listed) > MAX_UNPACKED or len(listed) > MAX_ARRAYS:
                raise ValueError("it is too large")
            if not names or any(name != "about" and not _NAME.fullmatch(name) for name in names):
                raise ValueError('it needs arrays named "0.W", "0.b", "1.W" and so on, and no others')
        with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in names}
    except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError) as problem:
        raise ValueError(f"This is not a file of weights: {str(problem).rstrip('.')}.") from None
    for name, array in arrays.items():
        if name != "about" and (array.dtype.kind != "f" or not np.isfinite(array).all()):
            raise ValueError(f"The array {name} in this file of weights holds something other than finite numbers.")
    if "0.W" not in arrays or arrays["0.W"].ndim != 2:
        raise ValueError("This file of weights has no array 0.W with rows and columns.")
    return arrays


def _activations(about: np.ndarray | None, layers: int) -> list[str] | None:
    """The activations that the file names; None where it names none, or none that are known."""
    try:
        names = json.loads(about.tobytes())["activations"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    known = isinstance(names, list) and len(names) == layers and all(name in ACTIVATIONS for name in names)
    return names if known else None


def _path(digest: str) -> Path:
    if not is_digest(digest):
        raise ValueError("start: give the SHA-256 of a file of weights, 64 digits and letters from a to f.")
    return runs_folder() / "weights" / f"{digest}.npz"
