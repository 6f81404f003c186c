"""Where runs are kept on this computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def runs_folder() -> Path:
    """NN_RUNS_DIR, else the user's data folder as the platform has it. RuntimeError where there is no home folder."""
    named = os.environ.get("NN_RUNS_DIR")
    if named:
        return Path(named).expanduser().absolute()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "WatchItLearn"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "WatchItLearn"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "watch-it-learn"
