"""Brings known files from mirrors on the web into the cache folder. Each file is asked for at one mirror after the
other, again after a pause, and only whole, right content is kept. One process downloads; others on the same folder
wait for it and share what it got.
"""

import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from .dataset import DataUnavailable
from .files import PIECE, KnownFile, WrongContent, from_cache, keep, sweep

Progress = Callable[[int, int], None]

#: A download that nobody has moved on for so many seconds is taken over.
ABANDONED = 30.0
#: A mirror that sends fewer bytes a second than this, over so many seconds, is given up.
SLOWEST = (1000.0, 30.0)


class _Failed(Exception):
    """One try at one mirror failed; `final` says that this mirror need not be asked again for this file."""

    def __init__(self, why: str, final: bool = False):
        super().__init__(why)
        self.final = final


def download(
    what: str,
    files: Sequence[KnownFile],
    mirrors: Sequence[str],
    folder: Path,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    rounds: int = 3,
    pause: float = 1.0,
    timeout: float = 10.0,
) -> None:
    """Brings every file that is missing into `folder`; each mirror is a URL that a file's name + ".gz" is added to.

    `progress(done, total)` counts unpacked bytes of all files. `cancel` is looked at between pieces and in pauses.
    Every mirror is asked up to `rounds` times, with a pause of `pause` seconds after the first round, twice as long
    after the next; `timeout` seconds without a byte end a try. Raises DataUnavailable with a sentence about `what`.
    """
    for mirror in mirrors:
        if urlsplit(mirror).scheme not in ("http", "https"):
            raise DataUnavailable(f"The mirror {mirror!r} must be an address that begins with http:// or https://.")
    if all(from_cache(file, folder) is not None for file in files):
        return
    cancel = cancel or threading.Event()
    asking = _Asking(what, list(mirrors), folder, cancel, rounds, pause, timeout)
    total = sum(file.size for file in files)
    done = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(what, folder, progress, cancel) as tell:
            sweep(folder)
            for file in files:
                if from_cache(file, folder) is None:
                    asking.bring(file, lambda part, before=done: tell(before + part, total))
                done += file.size
                tell(done, total)
    except OSError as problem:
        raise DataUnavailable(
            f"{what} cannot be kept in {folder} ({problem.strerror or problem}); make room there or let it be written, "
            "or name another folder in NN_CACHE_DIR."
        ) from problem


@dataclass
class _Asking:
    """How mirrors are asked. One that failed goes to the end of the row; the next file starts with a good one."""

    what: str
    mirrors: list[str]
    folder: Path
    cancel: threading.Event
    rounds: int
    pause: float
    timeout: float

    def bring(self, file: KnownFile, tell: Callable[[int], None]) -> None:
        """One file from the first mirror that has it right; DataUnavailable with all their reasons if none has."""
        reasons: dict[str, str] = {}
        willing = set(self.mirrors)
        for turn in range(self.rounds):
            if turn and willing:
                self.cancel.wait(self.pause * 2 ** (turn - 1))
            for mirror in [mirror for mirror in self.mirrors if mirror in willing]:
                if self.cancel.is_set():
                    raise DataUnavailable(f"The download of {self.what} was stopped; start it again when you like.")
                tell(0)
                try:
                    chunks = _received(f"{mirror.rstrip('/')}/{file.name}.gz", file, self.cancel, self.timeout)
                    keep(file, chunks, self.folder, tell)
                    return
                except (_Failed, WrongContent) as failure:
                    reasons[mirror] = str(failure)
                    self.mirrors.append(self.mirrors.pop(self.mirrors.index(mirror)))
                    if isinstance(failure, _Failed) and failure.final:
                        willing.remove(mirror)
        if self.cancel.is_set():
            raise DataUnavailable(f"The download of {self.what} was stopped; start it again when you like.")
        why = "; ".join(f"at {urlsplit(mirror).netloc} it {reason}" for mirror, reason in reasons.items())
        raise DataUnavailable(
            f"{self.what} could not be downloaded: {file.name} could not be had ({why}). Check the network and try "
            "again, or put the files into a folder and name that in NN_DATA_DIR; the bundled digits need no download."
        )


def _received(url: str, file: KnownFile, cancel: threading.Event, timeout: float) -> Iterator[bytes]:
    """The bytes that the mirror sends; _Failed when they stop coming, come too slowly or are too many."""
    request = urllib.request.Request(url, headers={"User-Agent": "watch-it-learn"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            received, started = 0, time.monotonic()
            while chunk := response.read1(PIECE):
                if cancel.is_set():
                    raise _Failed("was stopped")
                received += len(chunk)
                if received > file.size + PIECE:
                    raise _Failed("is longer than it may be", final=True)
                seconds = time.monotonic() - started
                if seconds > SLOWEST[1] and received < SLOWEST[0] * seconds:
                    raise _Failed(f"comes too slowly ({received / seconds:,.0f} bytes a second)", final=True)
                yield chunk
    except urllib.error.HTTPError as problem:
        final = 400 <= problem.code < 500 and problem.code not in (408, 425, 429)
        raise _Failed(f"was refused with status {problem.code}", final) from problem
    except urllib.error.URLError as problem:
        why = getattr(problem.reason, "strerror", None) or problem.reason
        raise _Failed(f"cannot be reached ({why})") from problem
    except TimeoutError as problem:
        raise _Failed(f"stopped coming for {timeout:g} seconds") from problem
    except (http.client.HTTPException, OSError, ValueError) as problem:
        raise _Failed(f"broke off ({problem or type(problem).__name__})") from problem


@contextmanager
def _alone(what: str, folder: Path, progress: Progress | None, cancel: threading.Event):
    """Lets one process at a time download into the folder; gives it the function that tells how far it is.

    The lock is a file that the downloader keeps changing. Those who wait read from it how far the other one is; when
    it stays the same for long, its process is gone and they take over.
    """
    lock = folder / "download.lock"
    last, since = None, time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            pass
        with suppress(OSError, ValueError):
            now = lock.read_text()
            if now != last:
                last, since = now, time.monotonic()
                if progress and now:
                    done, total, _ = map(int, now.split())
                    progress(done, total)
        if time.monotonic() - since > ABANDONED:
            _remove(lock)
            since = time.monotonic()
        if cancel.wait(0.1):
            raise DataUnavailable(f"The download of {what} was stopped; start it again when you like.")
    try:
        yield _teller(lock, progress)
    finally:
        _remove(lock)


def _remove(lock: Path) -> None:
    """Removes the lock; Windows refuses that for the moment in which another process reads it."""
    for _ in range(50):
        try:
            lock.unlink(missing_ok=True)
            return
        except OSError:
            time.sleep(0.01)


def _teller(lock: Path, progress: Progress | None) -> Progress:
    """Tells the caller's `progress` and, through the lock, those who wait; never a smaller number than before."""
    furthest, beats = 0, count()

    def tell(done: int, total: int) -> None:
        nonlocal furthest
        furthest = max(furthest, done)
        with suppress(OSError):
            lock.write_text(f"{furthest} {total} {next(beats)}")
        if progress:
            progress(furthest, total)

    return tell
