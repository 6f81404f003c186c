"""Whatever is killed, whenever, while a learner does everything a run allows: nothing acknowledged is lost.

More of it: `python -m tests.faults --times 200`, and the single-minded kills of test_workbench.py.
"""

import os

import pytest

from tests import faults

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.mark.parametrize("number", range(4))
def test_nothing_is_lost(number, monkeypatch):
    monkeypatch.setenv("NN_RUNS_DIR", "replaced by each round")
    monkeypatch.setenv("NN_GRACE_SECONDS", "600")
    faults.once(number)
