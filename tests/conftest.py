"""What all tests share; one BLAS thread, for bit-exact runs are promised between processes of equal thread count."""

import os

import pytest

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


@pytest.fixture
def store(tmp_path):
    """A store in a folder of its own."""
    from nn_core.stream.store import Store  # brings NumPy, which reads the number of threads once

    opened = Store(tmp_path)
    yield opened
    opened.close()
