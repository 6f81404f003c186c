"""The library behind NumPy's matrix products, as far as it can be spoken to once NumPy has loaded it. Two threads round
differently from one, so whoever wants the same bits as the dashboard's workers asks for one.
"""

import ctypes
from pathlib import Path

import numpy as np


def one_thread() -> bool:
    """Makes products use one thread from now on; False where the library cannot be told (then set
    OPENBLAS_NUM_THREADS=1, or the like, before Python starts)."""
    folder = Path(np.__file__).parent
    for place in (folder.parent / "numpy.libs", folder / ".dylibs"):
        for library in sorted(place.glob("*openblas*")):
            try:
                loaded = ctypes.CDLL(str(library))
            except OSError:
                continue
            for suffix in ("64_", ""):
                tell = getattr(loaded, f"scipy_openblas_set_num_threads{suffix}", None)
                if tell is not None:
                    tell(1)
                    return True
    return False
