"""One server a store: a lock on a small file that the system lets go when its holder ends, however it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from .store import StoreProblem

FILE = "server.lock"


def lock_folder(folder: Path) -> IO[bytes]:
    """Take the lock; it is held as long as the returned file stays open.

    Raises StoreProblem where another process has it, OSError where there is no file to be had in the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = open(folder / FILE, "a+b")  # noqa: SIM115 - it stays open for as long as the server lives
    try:
        _lock(file)
    except OSError:
        file.close()
        raise StoreProblem(
            f"Another Watch It Learn server is using the runs in {folder}; stop it, or set NN_RUNS_DIR to another one."
        ) from None
    return file


if os.name == "nt":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
