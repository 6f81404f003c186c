"""A frame is what the asked-for probes gave at one step of each run, as one self-describing binary message.

    uint32 length of the header | header, JSON | arrays, little-endian, each starting at a multiple of 8

The header is {"runs": [{"run", "step", "scalars": {...}, "arrays": [[name, dtype, shape, offset], ...]}, ...], ...};
offsets count from the end of the header, which is padded with spaces so that the body starts at a multiple of 8, too.
A browser reads it with one JSON.parse and lays typed arrays over the bytes without copying.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

#: The kinds of number that a frame carries: what a browser has a typed array for.
DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")

_LENGTH = struct.Struct("<I")


class Frame(NamedTuple):
    """A decoded frame: `runs` is a tuple of dicts with "run", "step", "scalars" (dict) and "arrays" (dict of read-only
    arrays, views of the message); `header` holds whatever else the sender put into the header."""

    runs: tuple[dict[str, Any], ...]
    header: dict[str, Any]


def encode(runs: Iterable[Mapping[str, Any]], **header_extra: Any) -> bytes:
    """The message for some runs, each {"run": id, "step": int, "scalars": {name: value}, "arrays": {name: array}}.

    Arrays of 64-bit integers travel as int32 where they fit, else as float64; booleans as uint8. Scalars that are not
    finite travel as null. Raises ValueError where an array's numbers have no place in a frame.
    """
    sections, chunks, offset = [], [], 0
    for run in runs:
        listed = []
        for name, values in run.get("arrays", {}).items():
            array = _portable(name, np.asarray(values))
            listed.append((name, _NAMES[array.dtype], array.shape, offset))
            raw = array.tobytes()
            padding = -len(raw) % 8
            chunks.append(raw + bytes(padding))
            offset += len(raw) + padding
        scalars = {name: _plain(value) for name, value in run.get("scalars", {}).items()}
        sections.append({"run": run["run"], "step": int(run["step"]), "scalars": scalars, "arrays": listed})
    header = json.dumps({"runs": sections, **header_extra}, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(header) + _LENGTH.size) % 8)
    return b"".join((_LENGTH.pack(len(header)), header, *chunks))


def decode(message: bytes) -> Frame:
    """Take a message apart. Raises ValueError with a sentence where it is not a whole frame."""
    try:
        (length,) = _LENGTH.unpack_from(message)
        body = _LENGTH.size + length
        if body > len(message):
            raise ValueError("its header is cut off")
        header = json.loads(bytes(message[_LENGTH.size : body]))
        runs = tuple(_section(section, message, body) for section in header.pop("runs"))
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as problem:
        raise ValueError(f"This is not a frame: {problem}.") from None
    return Frame(runs, header)


def _section(section: dict[str, Any], message: bytes, body: int) -> dict[str, Any]:
    """One run's part of the header with its arrays laid over the message."""
    arrays = {}
    for name, dtype, shape, offset in section["arrays"]:
        if dtype not in DTYPES:
            raise ValueError(f"{name} is of an unknown type")
        if offset < 0 or any(side < 0 for side in shape):
            raise ValueError(f"{name} has a negative size or place")
        flat = np.frombuffer(message, np.dtype(dtype).newbyteorder("<"), math.prod(shape), body + offset)
        flat.flags.writeable = False
        arrays[name] = flat.reshape(shape)
    return {"run": section["run"], "step": section["step"], "scalars": section["scalars"], "arrays": arrays}


def _portable(name: str, array: np.ndarray) -> np.ndarray:
    """The array in one of DTYPES, little-endian."""
    kind = array.dtype
    if kind in _NAMES:
        return array
    if kind.newbyteorder("<") in _NAMES:
        return array.astype(kind.newbyteorder("<"))
    if kind.char in "?e":  # truth values, half floats
        return array.astype("u1" if kind.char == "?" else "<f4")
    if kind.kind in "iu":
        narrow = not array.size or (array.min() >= -(2**31) and array.max() < 2**31)
        return array.astype("<i4" if narrow else "<f8")
    raise ValueError(f"The array {name!r} holds {kind}; a frame carries only {', '.join(DTYPES)}.")


def _plain(value: Any) -> Any:
    """A scalar as JSON knows it; numbers that are not finite become None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


#: Their names by type; a dictionary, because NumPy works a name out anew each time.
_NAMES = {np.dtype(name).newbyteorder("<"): name for name in DTYPES}
