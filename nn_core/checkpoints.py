"""Checkpoints: copies of a trainer's state at some updates, so that any other update is a short replay away.

They are a cache. Which ones are kept is decided by what they save (seconds of recomputing) and what they cost (bytes);
no result depends on it.
"""

from __future__ import annotations

import bisect
import io
import json
import platform
import sys
from functools import cache

import numpy as np

from .blas import kernel

#: Seconds of training between two checkpoints, as long as they all fit.
SPACING = 0.04
#: Bytes that one run's checkpoints may take.
MEMORY = 32 * 2**20
#: The early updates, where learners look most, are kept denser by `EARLY_WEIGHT` when memory runs short.
EARLY = 60_000
EARLY_WEIGHT = 3.3


class Checkpoints:
    """States by update, in order, within a memory budget.

    A state is a `Trainer.state()` dict together with the run's bookkeeping; it is never changed once it is in here.
    """

    def __init__(self, memory: int = MEMORY):
        self.memory = memory
        self.bytes = 0
        self._steps: list[int] = []
        self._kept: dict[int, tuple[dict, float]] = {}

    def add(self, step: int, state: dict, seconds: float) -> None:
        """Keep `state` of `step`; `seconds` is the training time it took to come here from update 0."""
        if step in self._kept:
            return
        bisect.insort(self._steps, step)
        self._kept[step] = (state, seconds)
        self.bytes += _size(state)
        self._shrink()

    def add_between(self, step: int, state: dict, seconds: float) -> None:
        """Keep `state` of a step that was come to again, after `seconds` of training from the checkpoint before it."""
        place = bisect.bisect_right(self._steps, step)
        since = self._kept[self._steps[place - 1]][1]
        until = self._kept[self._steps[place]][1] if place < len(self._steps) else float("inf")
        self.add(step, state, max(since, min(since + seconds, until)))

    def limit(self, memory: int) -> None:
        """Take up no more than so many bytes from now on."""
        self.memory = memory
        self._shrink()

    def before(self, step: int) -> tuple[int, dict]:
        """The newest (step, state) at or before `step`."""
        found = self._steps[bisect.bisect_right(self._steps, step) - 1]
        return found, self._kept[found][0]

    def seconds(self, step: int) -> float:
        """The training time that was noted for the checkpoint at `step`."""
        return self._kept[step][1]

    def steps(self) -> tuple[int, ...]:
        """Where the checkpoints lie."""
        return tuple(self._steps)

    def upto(self, step: int) -> Checkpoints:
        """A collection sharing the states up to `step`, for a fork."""
        fork = Checkpoints(self.memory)
        for s in self._steps:
            if s <= step:
                fork.add(s, *self._kept[s])
        return fork

    def _shrink(self) -> None:
        while self.bytes > self.memory and len(self._steps) > 2:
            self._drop_one()

    def _drop_one(self) -> None:
        """Forget the inner checkpoint whose absence lengthens a replay least."""

        def gap(k: int) -> float:
            before, after = self._steps[k - 1], self._steps[k + 1]
            weight = EARLY_WEIGHT if before < EARLY else 1.0
            return (self._kept[after][1] - self._kept[before][1]) * weight

        k = min(range(1, len(self._steps) - 1), key=gap)
        step = self._steps.pop(k)
        self.bytes -= _size(self._kept.pop(step)[0])


def _size(state: dict) -> int:
    return 500 + sum(array.nbytes for array in state["arrays"].values())


def pack(state: dict) -> bytes:
    """A state as bytes: NumPy's npz without pickle, its plain values as JSON, and where the numbers came from."""
    plain = {name: value for name, value in state.items() if name != "arrays"}
    plain["numerics_id"] = numerics_id()
    if plain["loss"] != plain["loss"]:
        plain["loss"] = None
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    np.savez(buffer, __plain__=text, **state["arrays"])
    return buffer.getvalue()


def unpack(data: bytes) -> dict:
    """A packed state again, its `numerics_id` included. Raises ValueError where the bytes are not one."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        plain = json.loads(arrays.pop("__plain__").tobytes())
        plain["loss"] = float("nan") if plain["loss"] is None else plain["loss"]
        return {**plain, "arrays": arrays}
    except Exception as error:
        raise ValueError(f"This checkpoint cannot be read ({error}); the run is recomputed instead.") from None


#: Goes up whenever an engine orders its operations anew, for then the last bits of runs made before are others.
ARITHMETIC = 2


@cache
def numerics_id() -> str:
    """Names what decides the last bits of every result: our order of operations, NumPy, BLAS, its kernel and threads,
    processor, system.

    Runs are equal bit for bit between processes that agree on it, otherwise equal up to rounding.
    """
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return "; ".join(
        [
            f"arithmetic {ARITHMETIC}",
            f"NumPy {np.__version__}",
            f"{blas.get('name', 'BLAS')} {blas.get('version', '?')}",
            kernel() or f"kernel of {platform.processor() or platform.machine()}",
            f"{platform.machine()} {simd[-1] if simd else ''}".strip(),
            sys.platform,
        ]
    )
