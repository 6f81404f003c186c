"""The library behind NumPy's matrix products, as far as it can be spoken to once NumPy has loaded it. Its kernel and
its number of threads decide the last bits of every product, so whoever wants the same bits asks for both.
"""

import ctypes
from pathlib import Path

import numpy as np


def _openblas(name: str):
    """OpenBLAS's own function `name`, under whichever ending it was built with; None where NumPy brought another."""
    folder = Path(np.__file__).parent
    for place in (folder.parent / "numpy.libs", folder / ".dylibs"):
        for library in sorted(place.glob("*openblas*")):
            try:
                loaded = ctypes.CDLL(str(library))
            except OSError:
                continue
            for suffix in ("64_", ""):
                found = getattr(loaded, f"scipy_openblas_{name}{suffix}", None)
                if found is not None:
                    return found
    return None


def one_thread() -> bool:
    """Makes products use one thread from now on; False where the library cannot be told (then set
    OPENBLAS_NUM_THREADS=1, or the like, before Python starts)."""
    tell = _openblas("set_num_threads")
    if tell is None:
        return False
    tell(1)
    return True


def kernel() -> str | None:
    """The kernel and number of threads that it works with on this processor; None where it does not tell."""
    core, threads = _openblas("get_corename"), _openblas("get_num_threads")
    if core is None or threads is None:
        return None
    core.restype = ctypes.c_char_p
    return f"kernel {core().decode()}, {threads()} thread(s)"
