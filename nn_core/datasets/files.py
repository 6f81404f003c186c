"""Files whose content is known beforehand by its SHA-256: read from anywhere, gzipped or not, accepted only when every
byte is right, and kept unpacked in a cache folder under the name of their content, where all processes of this machine
map the same copy into memory.
"""

import hashlib
import os
import secrets
import sys
import time
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset import DataUnavailable

PIECE = 1 << 18
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class KnownFile:
    """A file by its name, the SHA-256 of its unpacked content (hex), and that content's size in bytes."""

    name: str
    sha256: str
    size: int


class WrongContent(Exception):
    """What came is not the known file; the message is the end of a sentence that begins with the file's name."""


def cache_folder() -> Path:
    """Where data is kept between runs: NN_CACHE_DIR, else the folder for caches of this user on this system."""
    if os.environ.get("NN_CACHE_DIR"):
        return Path(os.environ["NN_CACHE_DIR"]).absolute()
    try:
        home = Path.home()
    except RuntimeError:
        raise DataUnavailable("This user has no home folder; name a folder for data in NN_CACHE_DIR.") from None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "watch-it-learn" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "watch-it-learn"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "watch-it-learn"


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks gunzipped where they begin as gzip does, else as they are; pieces of at most PIECE bytes."""
    chunks = iter(chunks)
    head = b""
    while len(head) < len(GZIP):
        chunk = next(chunks, None)
        if chunk is None:
            break
        head += chunk
    if not head.startswith(GZIP):
        yield head
        yield from chunks
        return
    gunzip = zlib.decompressobj(wbits=31)
    chunk: bytes | None = head
    try:
        while chunk is not None and not gunzip.eof:
            while chunk and not gunzip.eof:
                yield gunzip.decompress(chunk, PIECE)
                chunk = gunzip.unconsumed_tail
            chunk = next(chunks, None)
    except zlib.error as problem:
        raise WrongContent(f"is damaged ({problem})") from None
    if not gunzip.eof:
        raise WrongContent("ends early")


def checked(file: KnownFile, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The unpacked chunks, and WrongContent at the end, or as soon as they are too many, unless all is right."""
    digest = hashlib.sha256()
    size = 0
    for chunk in unpacked(chunks):
        size += len(chunk)
        if size > file.size:
            raise WrongContent(f"is longer than {file.size:,} bytes")
        digest.update(chunk)
        yield chunk
    if size < file.size:
        raise WrongContent(f"ends early, after {size:,} of {file.size:,} bytes")
    if digest.hexdigest() != file.sha256:
        raise WrongContent(f"has other content (SHA-256 {digest.hexdigest()[:12]}…, not {file.sha256[:12]}…)")


def chunks_of(path: Path) -> Iterator[bytes]:
    """A file's bytes in pieces."""
    with open(path, "rb") as stream:
        while chunk := stream.read(PIECE):
            yield chunk


def place_of(file: KnownFile, folder: Path) -> Path:
    """Where the cache folder keeps the file, under the name of its content."""
    return folder / f"{file.name}-{file.sha256}"


def keep(
    file: KnownFile, chunks: Iterable[bytes], folder: Path, tell: Callable[[int], None] = lambda done: None
) -> Path:
    """Writes the checked content into the cache folder in one step: the file is there whole or not at all.

    `tell` hears how many bytes are written. Raises WrongContent; OSError where the folder is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{file.name}-{os.getpid()}-{secrets.token_hex(4)}.part"
    try:
        with open(part, "xb") as stream:
            for chunk in checked(file, chunks):
                stream.write(chunk)
                tell(stream.tell())
            stream.flush()
            os.fsync(stream.fileno())
        _put(part, file, folder)
    finally:
        with suppress(OSError):
            part.unlink()
    return place_of(file, folder)


def _put(part: Path, file: KnownFile, folder: Path) -> None:
    """Gives the finished file its name. Windows refuses that while another process maps the same content there."""
    try:
        os.replace(part, place_of(file, folder))
    except PermissionError:
        if from_cache(file, folder) is None:
            raise


def sweep(folder: Path, *, older_than: float = 86_400) -> None:
    """Removes unfinished files that a killed process left behind, once they are older than so many seconds."""
    with suppress(OSError):
        for part in folder.glob("*.part"):
            if time.time() - part.stat().st_mtime > older_than:
                part.unlink()


_mapped: weakref.WeakValueDictionary[Path, np.ndarray] = weakref.WeakValueDictionary()


def mapped(file: KnownFile, path: Path) -> np.ndarray:
    """The unpacked file as uint8 (size,), read-only and mapped into memory; WrongContent unless all of it is right.

    It is read through once a process, which takes about as long as reading it at all.
    """
    array = _mapped.get(path)
    if array is None:
        if path.stat().st_size != file.size:
            raise WrongContent(f"has {path.stat().st_size:,} bytes instead of {file.size:,}")
        array = np.asarray(np.memmap(path, np.uint8, mode="r"))
        digest = hashlib.sha256(array).hexdigest()
        if digest != file.sha256:
            raise WrongContent(f"has other content (SHA-256 {digest[:12]}…, not {file.sha256[:12]}…)")
        _mapped[path] = array
    return array


def from_cache(file: KnownFile, folder: Path) -> np.ndarray | None:
    """The file from the cache folder, as `mapped`; None where it is missing or no longer right."""
    try:
        return mapped(file, place_of(file, folder))
    except (OSError, WrongContent):
        return None


def from_folder(file: KnownFile, given: Path, folder: Path) -> np.ndarray:
    """The file from a folder that the user named, uint8 (size,), read-only.

    Unpacked files are mapped where they lie. Gzipped ones are unpacked into the cache folder, once; where that cannot
    be written, into this process's own memory. Raises WrongContent, FileNotFoundError or another OSError.
    """
    path = find(file, given)
    with open(path, "rb") as stream:
        gzipped = stream.read(len(GZIP)) == GZIP
    if not gzipped:
        return mapped(file, path)
    seen = _mark(file, path, folder)
    try:
        array = from_cache(file, folder) if seen.exists() else None
        if array is None:
            array = mapped(file, keep(file, chunks_of(path), folder))
            seen.touch()
        return array
    except OSError:
        return np.frombuffer(b"".join(checked(file, chunks_of(path))), np.uint8)


def find(file: KnownFile, folder: Path) -> Path:
    """The file in a folder, unpacked or gzipped, also with the dot that some copies of MNIST have in their names."""
    names = [file.name, file.name.replace("-idx", ".idx")]
    for name in [*names, *(f"{name}.gz" for name in names)]:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(file.name)


def _mark(file: KnownFile, path: Path, folder: Path) -> Path:
    """An empty file whose presence says that this gzipped file, as it stands, was unpacked and found right."""
    stat = path.stat()
    key = f"{path.absolute()}|{stat.st_size}|{stat.st_mtime_ns}|{file.sha256}"
    return folder / f"seen-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
