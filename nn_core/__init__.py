"""Neural networks from scratch in NumPy, made to be read, watched and trusted.

Start with network.py (forward and backward), then training.py (one update), then run.py (a run that can be rewound and
forked). The tables name every choice there is.
"""

from .activations import ACTIVATIONS
from .bugs import BUGS
from .config import RunConfig
from .datasets import DATASETS
from .gradcheck import check_gradients
from .hooks import Hook, Recorder, every
from .initializers import INITIALIZERS
from .losses import LOSSES
from .network import Dense, Network
from .optimizers import OPTIMIZERS
from .presets import PRESETS
from .probes import PROBES
from .records import Grads, Trace
from .run import Run
from .schedules import SCHEDULES
from .steps import Step
from .training import Trainer

__all__ = [
    "ACTIVATIONS",
    "BUGS",
    "DATASETS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "PRESETS",
    "PROBES",
    "SCHEDULES",
    "Dense",
    "Grads",
    "Hook",
    "Network",
    "Recorder",
    "Run",
    "RunConfig",
    "Step",
    "Trace",
    "Trainer",
    "check_gradients",
    "every",
]
